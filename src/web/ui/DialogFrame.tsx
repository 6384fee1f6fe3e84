import type { ReactNode } from 'react'
import { Modal } from '@mantine/core'
import { useLingui } from '@lingui/react/macro'

interface Props {
  readonly open: boolean
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
}

/** The dialog itself, which no page needs before somebody asks for one. The close button is last in the order of the keys. */
export function DialogFrame({ open, title, onClose, children }: Props) {
  const { t } = useLingui()
  return (
    <Modal.Root
      opened={open}
      onClose={onClose}
      lockScroll={false}
      returnFocus={false}
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
