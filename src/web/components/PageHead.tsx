import { useEffect, type ReactNode } from 'react'

/** The title of a page, in the tab too, with its actions. */
export function PageHead({ title, children, lead }: { title: string; children?: ReactNode; lead?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Containment gateway`
  }, [title])
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
