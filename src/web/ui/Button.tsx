import type { MouseEventHandler, ReactNode, Ref } from 'react'
import { Button as MantineButton } from '@mantine/core'
import { useOnline } from '#web/util/use-online.ts'

export interface ButtonProps {
  readonly children: ReactNode
  readonly kind?: 'primary' | 'quiet' | 'danger' | 'plain'
  readonly type?: 'button' | 'submit'
  readonly small?: boolean
  /** Of a button that asks the gateway: whether it waits for the answer. Such a button is disabled while the line is down. */
  readonly busy?: boolean
  readonly disabled?: boolean
  readonly shortcut?: string
  readonly title?: string
  readonly describedBy?: string
  readonly pressed?: boolean
  readonly ref?: Ref<HTMLButtonElement>
  readonly onClick?: MouseEventHandler<HTMLButtonElement>
}

const variants = { primary: 'filled', quiet: 'default', danger: 'default', plain: 'subtle' } as const

/** A button. `shortcut` is shown to the eye and told to assistive technology. */
export function Button({
  kind = 'quiet',
  type = 'button',
  small = false,
  busy,
  disabled = false,
  describedBy,
  shortcut,
  pressed,
  children,
  ...rest
}: ButtonProps) {
  const online = useOnline()
  return (
    <MantineButton
      {...rest}
      type={type}
      variant={variants[kind]}
      className={kind === 'danger' ? 'button-danger' : ''}
      size={small ? 'compact-sm' : 'sm'}
      disabled={disabled || (busy !== undefined && !online)}
      loading={busy ?? false}
      aria-describedby={describedBy}
      aria-keyshortcuts={shortcut}
      aria-pressed={pressed}
    >
      {children}
      {shortcut !== undefined && <kbd aria-hidden="true">{shortcut}</kbd>}
    </MantineButton>
  )
}
