import { Trans, useLingui } from '@lingui/react/macro'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { PageHead } from '#web/components/PageHead.tsx'
import { ReviewPanel } from '#web/forms/ReviewPanel.tsx'
import { useKeys } from '#web/util/keys.ts'

const route = getRouteApi('/shell/queue/$reviewId')

/** A review on a page of its own, to be shared or printed. */
export function ReviewPage() {
  const { t } = useLingui()
  const { reviewId } = route.useParams()
  const navigate = useNavigate()
  const back = () => void navigate({ to: '/queue', search: { review: reviewId } })
  useKeys([{ keys: 'Escape', label: t`Back to the queue`, run: back }])
  return (
    <>
      <PageHead title={t`Review`}>
        <Link to="/queue" search={{ review: reviewId }}>
          <Trans>Back to the queue</Trans>
        </Link>
      </PageHead>
      <ReviewPanel reviewId={reviewId} onDecided={back} />
    </>
  )
}
