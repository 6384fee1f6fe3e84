import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { Button } from '#web/ui/Button.tsx'
import { Dialog } from '#web/ui/Dialog.tsx'
import { Notice } from '#web/ui/Notice.tsx'

/** Shows a secret the one time that it can be shown. */
export function SecretDialog({
  title,
  explanation,
  secret,
  onClose,
}: {
  title: string
  explanation?: string
  secret: string
  onClose: () => void
}) {
  const { t } = useLingui()
  const [copied, setCopied] = useState(false)
  return (
    <Dialog open title={title} onClose={onClose}>
      <div className="col">
        <Notice tone="review" title={<Trans>Copy it now: it is never shown again.</Trans>}>
          {explanation}
        </Notice>
        <pre className="raw">{secret}</pre>
        <div className="row end">
          <Button onClick={() => void navigator.clipboard.writeText(secret).then(() => setCopied(true))}>
            {copied ? t`Copied` : t`Copy`}
          </Button>
          <Button kind="primary" onClick={onClose}>
            <Trans>I have kept it</Trans>
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
