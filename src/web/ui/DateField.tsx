import { useRef, useState, type ReactNode } from 'react'
import { useLingui } from '@lingui/react/macro'
import { TextInput } from '@mantine/core'
import { parseDay, showDay } from '#web/util/day-text.ts'

interface Props {
  readonly label: string
  /** A day as `2026-11-22`; empty: none. */
  readonly value: string
  readonly onChange: (value: string) => void
  readonly hint?: ReactNode
  readonly required?: boolean
}

/**
 * A day, typed in the order of the console's language: the browser's own date field writes it in the order of the
 * browser's, which a bank's image of a desk may have set to another. The browser's calendar is one button away.
 */
export function DateField({ label, value, onChange, hint, required = false }: Props) {
  const { t } = useLingui()
  const picker = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(showDay(value))
  const [left, setLeft] = useState(true)
  // Set from outside (a cleared form, a day from the calendar): the text follows, unless it already says that day.
  const shown =
    (parseDay(text) ?? '') === value || (text !== '' && parseDay(text) === undefined) ? text : showDay(value)
  const wrong = shown.trim() !== '' && parseDay(shown) === undefined
  const change = (next: string) => {
    setText(next)
    onChange(parseDay(next) ?? '')
  }
  const words = t`Write the day as 22/11/2026`
  return (
    <TextInput
      label={label}
      description={hint}
      required={required}
      withAsterisk={false}
      autoComplete="off"
      inputMode="numeric"
      placeholder={t`dd/mm/yyyy`}
      maxLength={10}
      value={shown}
      error={wrong && left ? words : undefined}
      ref={(input) => input?.setCustomValidity(wrong ? words : '')}
      onFocus={() => setLeft(false)}
      onBlur={() => setLeft(true)}
      onChange={(event) => change(event.currentTarget.value)}
      rightSection={
        <>
          <button
            type="button"
            className="day-button"
            aria-label={t`Calendar: ${label}`}
            onClick={() => picker.current?.showPicker()}
          >
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor">
              <path d="M2 4h12v10H2zM2 7h12M5 2v3M11 2v3" />
            </svg>
          </button>
          <input
            ref={picker}
            type="date"
            className="day-picker"
            tabIndex={-1}
            aria-hidden="true"
            value={value}
            onChange={(event) => {
              setText(showDay(event.currentTarget.value))
              onChange(event.currentTarget.value)
            }}
          />
        </>
      }
    />
  )
}
