import { useEffect, type ReactNode } from 'react'
import { useLingui } from '@lingui/react/macro'

/** The title of a page, in the tab too, with its actions. */
export function PageHead({ title, children, lead }: { title: string; children?: ReactNode; lead?: ReactNode }) {
  const { t } = useLingui()
  const product = t`Containment gateway`
  useEffect(() => {
    document.title = `${title} · ${product}`
  }, [title, product])
  return (
    <div className="page-head">
      <div>
        <h1>{title}</h1>
        {lead !== undefined && <p className="muted">{lead}</p>}
      </div>
      <div className="row">{children}</div>
    </div>
  )
}
