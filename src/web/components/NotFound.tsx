import { Trans, useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import { PageHead } from './PageHead.tsx'

/** An address that names no page. It stands within the frame, so that the way on stays in sight. */
export function NotFound() {
  const { t } = useLingui()
  return (
    <>
      <PageHead title={t`There is nothing here`} />
      <p>
        <Trans>The address may be mistyped, or what it named is out of your reach.</Trans>
      </p>
      <p>
        <Link to="/">
          <Trans>To the start page</Trans>
        </Link>
      </p>
    </>
  )
}
