import type { ReactNode } from 'react'
import { Trans } from '@lingui/react/macro'
import { Button } from '#web/ui/Button.tsx'
import { Dialog } from '#web/ui/Dialog.tsx'
import { OfflineBanner } from './OfflineBanner.tsx'
import { Failure } from './states.tsx'

interface Props {
  readonly open?: boolean
  readonly title: string
  /** The words of the button that does it. */
  readonly confirm: string
  readonly busy: boolean
  /** Whether enough is filled in to do it. */
  readonly ready: boolean
  readonly error: unknown
  readonly onClose: () => void
  readonly onSubmit: () => void
  readonly children: ReactNode
}

/** A form in a dialog, with what the server refused, and the two ways out. What was typed stays after a refusal. */
export function FormDialog({ open = true, title, confirm, busy, ready, error, onClose, onSubmit, children }: Props) {
  return (
    <Dialog open={open} title={title} onClose={onClose}>
      <form
        className="col"
        onSubmit={(event) => {
          event.preventDefault()
          if (ready) onSubmit()
        }}
      >
        {children}
        <OfflineBanner />
        {error !== null && error !== undefined && <Failure error={error} />}
        <div className="row end">
          <Button onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button kind="primary" type="submit" busy={busy} disabled={!ready}>
            {confirm}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
