import { Trans } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'

export function NotFound() {
  return (
    <main className="centre">
      <h1>
        <Trans>There is nothing here</Trans>
      </h1>
      <p>
        <Trans>The address may be mistyped, or what it named is out of your reach.</Trans>
      </p>
      <Link to="/">
        <Trans>To the start page</Trans>
      </Link>
    </main>
  )
}
