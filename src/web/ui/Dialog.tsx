import type { ReactNode } from 'react'
import { Modal } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'

/**
 * A modal dialog with a name, a close button with a name, and focus that returns where it came from. The focus begins in
 * what the dialog asks, so the close button stands last in the order of the keys, whatever its place on the screen.
 */
export function Dialog({
  open,
  title,
  onClose,
  children,
}: {
  open: boolean
  title: string
  onClose: () => void
  children: ReactNode
}) {
  const { t } = useLingui()
  return (
    <Modal.Root
      opened={open}
      onClose={onClose}
      lockScroll={false}
      returnFocus
      transitionProps={{ duration: 0 }}
      centered
      size="md"
    >
      <Modal.Overlay backgroundOpacity={0.5} />
      <Modal.Content radius={8} className="dialog">
        <div className="dialog-head">
          <Modal.Title>{title}</Modal.Title>
        </div>
        <Modal.Body>{children}</Modal.Body>
        <Modal.CloseButton className="dialog-close" aria-label={t`Close`} />
      </Modal.Content>
    </Modal.Root>
  )
}
