import { useRef, useState, type ReactNode } from 'react'
import { useLingui } from '@lingui/react/macro'
import { TextInput } from '@mantine/core'
import { parseDay, parseMoment, showDay, showMoment } from '#web/util/day-text.ts'

interface Props {
  readonly label: string
  /** A day as `2026-11-22`, with a time as `2026-11-22T14:30`; empty: none. */
  readonly value: string
  readonly onChange: (value: string) => void
  readonly hint?: ReactNode
  readonly required?: boolean
  /** A time of day too. */
  readonly time?: boolean
  /** The last that the calendar offers. */
  readonly max?: string
  /** Beside fields without a hint: their boxes then stand in one line. */
  readonly hintBelow?: boolean
}

const boxFirst: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'description', 'error']

/**
 * A day, typed in the order of the console's language: the browser's own date field writes it in the order of the
 * browser's, which a bank's image of a desk may have set to another. The browser's calendar is one button away.
 */
export function DateField({ label, value, onChange, hint, required = false, time = false, max, hintBelow }: Props) {
  const { t } = useLingui()
  const picker = useRef<HTMLInputElement>(null)
  const [parse, show] = time ? [parseMoment, showMoment] : [parseDay, showDay]
  const [text, setText] = useState(show(value))
  const [left, setLeft] = useState(true)
  // Set from outside (a cleared form, a day from the calendar): the text follows, unless it already says that day.
  const shown = (parse(text) ?? '') === value || (text !== '' && parse(text) === undefined) ? text : show(value)
  const wrong = shown.trim() !== '' && parse(shown) === undefined
  const words = time ? t`Write the day and the time as 22/11/2026 14:30` : t`Write the day as 22/11/2026`
  return (
    <TextInput
      label={label}
      description={hint}
      required={required}
      withAsterisk={false}
      autoComplete="off"
      placeholder={time ? t`dd/mm/yyyy hh:mm` : t`dd/mm/yyyy`}
      maxLength={16}
      value={shown}
      error={wrong && left ? words : undefined}
      {...(hintBelow === true ? { inputWrapperOrder: boxFirst } : {})}
      ref={(input) => input?.setCustomValidity(wrong ? words : '')}
      onFocus={() => setLeft(false)}
      onBlur={() => setLeft(true)}
      onChange={(event) => {
        setText(event.currentTarget.value)
        onChange(parse(event.currentTarget.value) ?? '')
      }}
      rightSection={
        <>
          <button
            type="button"
            className="day-button"
            aria-label={t`Open the calendar`}
            onClick={() => picker.current?.showPicker()}
          >
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor">
              <path d="M2 4h12v10H2zM2 7h12M5 2v3M11 2v3" />
            </svg>
          </button>
          <input
            ref={picker}
            type={time ? 'datetime-local' : 'date'}
            className="day-picker"
            tabIndex={-1}
            aria-hidden="true"
            max={max}
            value={value}
            onChange={(event) => {
              setText(show(event.currentTarget.value))
              onChange(event.currentTarget.value)
            }}
          />
        </>
      }
    />
  )
}
