import { Plural, Trans, useLingui } from '@lingui/react/macro'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import type { Verdict } from '#shared/api/policies.ts'
import type { findTouched } from '#shared/api/simulations.ts'
import { Badge } from '#web/ui/Notice.tsx'
import { formatNumber } from '#web/util/format.ts'
import { verdictWords } from '#web/util/words.ts'

/** What a draft changes compared with the active version, and the newest posts that it can touch. */
export function TouchedPosts({ touched }: { touched: AnswerOf<typeof findTouched> }) {
  const { t } = useLingui()
  const changed = touched.sample.filter((post) => post.before !== post.after)
  if (touched.changedRules.length === 0 && touched.everything.length === 0) {
    return (
      <p>
        <Trans>It judges as the active version does: only words, clauses, examples or comments differ.</Trans>
      </p>
    )
  }
  return (
    <div className="col">
      <p>
        <strong>
          <Plural
            value={touched.changedRules.length}
            _0="No rule changes"
            one="# rule changes"
            other="# rules change"
          />
        </strong>
        {touched.changedRules.length > 0 && <Trans>: {touched.changedRules.slice(0, 20).join(', ')}</Trans>}
        {touched.changedRules.length > 20 && ' …'}
      </p>
      <p role="status">
        {touched.count === null ? (
          <Trans>
            Every post can be touched, because these have no words to look for: {touched.everything.join(', ')}
          </Trans>
        ) : touched.isMore ? (
          <Trans>At least {formatNumber(touched.count)} posts of the past can be touched.</Trans>
        ) : (
          <Plural
            value={touched.count}
            _0="No post of the past can be touched."
            one="# post of the past can be touched."
            other="# posts of the past can be touched."
          />
        )}{' '}
        {touched.sample.length > 0 && (
          <Plural
            value={changed.length}
            _0="None of the newest would be judged otherwise."
            one="# of the newest would be judged otherwise:"
            other="# of the newest would be judged otherwise:"
          />
        )}
      </p>
      {changed.length > 0 && (
        <ul className="list" aria-label={t`Posts that would be judged otherwise`}>
          {changed.map((post) => (
            <li key={post.revisionId}>
              <div className="line">
                <span className="line-main">
                  <span className="cut">{post.excerpt}</span>
                </span>
                <VerdictChange before={post.before} after={post.after} />
              </div>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

function VerdictChange({ before, after }: { before: Verdict | null; after: Verdict }) {
  const { i18n, t } = useLingui()
  return (
    <span className="row">
      {before !== null && <Badge tone={verdictWords[before].tone}>{i18n._(verdictWords[before].label)}</Badge>}
      <svg
        role="img"
        aria-label={t`becomes`}
        viewBox="0 0 16 16"
        width="14"
        height="14"
        fill="none"
        stroke="currentColor"
      >
        <path d="M2 8h11M9 4l4 4-4 4" strokeWidth="1.8" />
      </svg>
      <Badge tone={verdictWords[after].tone}>{i18n._(verdictWords[after].label)}</Badge>
    </span>
  )
}
