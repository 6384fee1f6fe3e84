import type { ChangeEvent, ReactNode, Ref } from 'react'
import { Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core'

interface FieldProps {
  readonly id?: string
  readonly label: ReactNode
  readonly value: string
  readonly onChange: (value: string) => void
  readonly hint?: ReactNode
  readonly error?: ReactNode
  readonly required?: boolean
  readonly disabled?: boolean
  readonly placeholder?: string
}

const boxFirst: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'description', 'error']

const asText =
  (onChange: (value: string) => void) =>
  (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>) =>
    onChange(event.currentTarget.value)

export function TextField({
  onChange,
  hint,
  type = 'text',
  ref,
  maxLength,
  autoComplete,
  hintBelow = false,
  ...rest
}: FieldProps & {
  type?: string
  ref?: Ref<HTMLInputElement> | undefined
  maxLength?: number
  autoComplete?: string
  /** Beside fields without a hint: their boxes then stand in one line. */
  hintBelow?: boolean
}) {
  return (
    <TextInput
      {...rest}
      {...optional({ maxLength, inputWrapperOrder: hintBelow ? boxFirst : undefined })}
      ref={ref}
      type={type}
      autoComplete={autoComplete ?? 'off'}
      description={hint}
      onChange={asText(onChange)}
      withAsterisk={false}
    />
  )
}

export function TextArea({
  onChange,
  hint,
  rows = 3,
  ref,
  lang,
  ...rest
}: FieldProps & { rows?: number; ref?: Ref<HTMLTextAreaElement> | undefined; lang?: string }) {
  return (
    <Textarea
      {...rest}
      {...optional({ lang })}
      ref={ref}
      rows={rows}
      description={hint}
      onChange={asText(onChange)}
      withAsterisk={false}
    />
  )
}

export interface Choice {
  readonly value: string
  readonly label: string
}

export function SelectField({ onChange, hint, choices, ...rest }: FieldProps & { choices: readonly Choice[] }) {
  return (
    <NativeSelect
      {...rest}
      data={choices.map((choice) => ({ ...choice }))}
      description={hint}
      onChange={asText(onChange)}
      withAsterisk={false}
    />
  )
}

export function CheckField({
  label,
  checked,
  onChange,
  hint,
  disabled = false,
}: {
  label: ReactNode
  checked: boolean
  onChange: (checked: boolean) => void
  hint?: ReactNode
  disabled?: boolean
}) {
  return (
    <Checkbox
      label={label}
      description={hint}
      checked={checked}
      disabled={disabled}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  )
}

/** Leaves out what is undefined, as exact optional properties ask. */
function optional<T extends object>(values: T): Partial<{ [K in keyof T]: NonNullable<T[K]> }> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<{
    [K in keyof T]: NonNullable<T[K]>
  }>
}
