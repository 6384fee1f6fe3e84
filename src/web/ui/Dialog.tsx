import type { ReactNode } from 'react'
import { Modal } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'

/** A modal dialog with a name, a close button with a name, and focus that returns where it came from. */
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
      <Modal.Content radius={8}>
        <div className="dialog-head">
          <Modal.Title>{title}</Modal.Title>
          <Modal.CloseButton aria-label={t`Close`} />
        </div>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}
