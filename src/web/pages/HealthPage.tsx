import { msg, t } from '@lingui/core/macro'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Static } from 'typebox'
import { verifyNow, type ArchiveStatus } from '#shared/api/archive.ts'
import type { Readiness } from '#shared/api/operations.ts'
import { call, offlineError, wordlessError } from '#web/api/call.ts'
import { archiveStatusQuery } from '#web/api/archive-queries.ts'
import { PageHead } from '#web/components/PageHead.tsx'
import { useMay } from '#web/components/permissions.ts'
import { Failure, QueryView } from '#web/components/states.tsx'
import { Button } from '#web/ui/Button.tsx'
import { Mark, Notice } from '#web/ui/Notice.tsx'
import { formatExactTime, formatNumber, formatTime } from '#web/util/format.ts'

const partWords = {
  database: {
    name: msg`Database`,
    ok: msg`It answers.`,
    bad: msg`It does not answer: nothing is accepted until it does.`,
  },
  objectStore: {
    name: msg`Object store`,
    ok: msg`It answers.`,
    bad: msg`It does not answer: posts are accepted, and none is published.`,
  },
  sealing: {
    name: msg`Sealing`,
    ok: msg`Records are sealed in time.`,
    bad: msg`Records wait for their seal; nothing is published meanwhile.`,
  },
  indexing: {
    name: msg`Search index`,
    ok: msg`It follows the log.`,
    bad: msg`It has fallen behind: everything is still found, only slower.`,
  },
  provider: { name: msg`Sign-in`, ok: msg`It answers.`, bad: msg`It does not answer: nobody new can sign in.` },
} as const

/** Readiness is public and answers 503 with a body, so it is asked for as it is. */
async function fetchReadiness(): Promise<Static<typeof Readiness>> {
  const response = await fetch('/readyz').catch(() => {
    throw offlineError()
  })
  const answer = (await response.json().catch(() => undefined)) as Static<typeof Readiness> | undefined
  if (answer === undefined) throw wordlessError(response.status)
  return answer
}

export function HealthPage() {
  const { t, i18n } = useLingui()
  const readiness = useQuery({ queryKey: ['readyz'], queryFn: fetchReadiness, refetchInterval: 10_000 })
  const status = useQuery(archiveStatusQuery)
  return (
    <>
      <PageHead title={t`Health`} />
      <div className="two">
        <section className="card col">
          <h2>
            <Trans>The archive</Trans>
          </h2>
          <QueryView query={status}>{(found) => <Archive status={found} />}</QueryView>
          {status.data !== undefined && status.data.anchors.length > 0 && <Anchors anchors={status.data.anchors} />}
        </section>
        <section className="card col">
          <h2>
            <Trans>The parts</Trans>
          </h2>
          <QueryView query={readiness}>
            {({ checks }) => (
              <ul className="steps">
                {(Object.keys(partWords) as (keyof typeof partWords)[]).map((part) => (
                  <li key={part}>
                    <Mark tone={checks[part].ok ? 'ok' : part === 'indexing' ? 'review' : 'block'} />
                    <span>
                      <strong>{i18n._(partWords[part].name)}.</strong>{' '}
                      {i18n._(checks[part].ok ? partWords[part].ok : partWords[part].bad)}
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </QueryView>
        </section>
      </div>
    </>
  )
}

/** Outside parties that see the log's checkpoints, and whether they still do. */
function Anchors({ anchors }: { anchors: ArchiveStatus['anchors'] }) {
  return (
    <>
      <h3>
        <Trans>Outside witnesses</Trans>
      </h3>
      <ul className="steps">
        {anchors.map(({ name, kind, treeSize, at, failingSince, failure }) => {
          const since = failingSince === null ? '' : formatExactTime(failingSince)
          return (
            <li key={name}>
              <Mark tone={failure !== null ? 'block' : at === null ? 'note' : 'ok'} />
              <span>
                <strong>{anchorName(kind, name)}.</strong>{' '}
                {failure === null && at === null ? (
                  <Trans>It has seen nothing yet.</Trans>
                ) : failure === null ? (
                  <Seen entries={treeSize} at={at} />
                ) : (
                  <Trans>
                    It has taken nothing since {since}: {failure}
                  </Trans>
                )}
              </span>
            </li>
          )
        })}
      </ul>
    </>
  )
}

/** The gateway calls the bucket and the authority in English; a witness has a name of its own. */
function anchorName(kind: ArchiveStatus['anchors'][number]['kind'], name: string): string {
  if (kind === 'bucket') return t`Second bucket`
  return kind === 'timestamp' ? t`Timestamping authority ${name.replace(/^timestamp /, '')}` : name
}

function Seen({ entries, at }: { entries: number; at: string | null }) {
  const seen = at === null ? '' : formatExactTime(at)
  return (
    <Plural
      value={entries}
      one={`It saw # entry on ${seen}.`}
      other={`It saw ${formatNumber(entries)} entries on ${seen}.`}
    />
  )
}

function Archive({ status }: { status: ArchiveStatus }) {
  const { t } = useLingui()
  const may = useMay()
  const client = useQueryClient()
  const verify = useMutation({
    mutationFn: () => call(verifyNow, {}),
    onSuccess: () => client.invalidateQueries({ queryKey: ['archive'] }),
  })
  return (
    <>
      {status.producers < 2 && (
        <Notice
          tone="review"
          title={
            status.producers === 0 ? (
              <Trans>Nobody can export the whole archive.</Trans>
            ) : (
              <Trans>Only one person can export the whole archive.</Trans>
            )
          }
        >
          <Trans>
            Give the role of an auditor of the firm to a second one: an examiner does not wait for a return.
          </Trans>
        </Notice>
      )}
      {status.incidents.length > 0 && (
        <Notice tone="block" title={<Trans>The archive has incidents</Trans>}>
          <ul>
            {status.incidents.slice(0, 5).map((incident) => (
              <li key={incident.at + incident.sentence}>
                {formatTime(incident.at)} – {incident.sentence}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <dl className="kv">
        <dt>{t`Records in the tree`}</dt>
        <dd>{formatNumber(status.treeSize)}</dd>
        <dt>{t`Sealed in the object store`}</dt>
        <dd>{formatNumber(status.sealedSize)}</dd>
        <dt>{t`Waiting to be numbered`}</dt>
        <dd>{formatNumber(status.unsequenced)}</dd>
        <dt>{t`Last seal`}</dt>
        <dd>{status.lastSealedAt === null ? '–' : formatExactTime(status.lastSealedAt)}</dd>
        <dt>{t`Last verification`}</dt>
        <dd>
          {status.lastVerifiedAt === null ? '–' : formatExactTime(status.lastVerifiedAt)}{' '}
          {status.lastVerificationOk === null
            ? ''
            : status.lastVerificationOk
              ? t`without a problem`
              : t`with problems`}
        </dd>
        <dt>{t`Object store`}</dt>
        <dd>
          {status.objectStore === 'ok' ? (
            t`It answers.`
          ) : (
            <>
              <Trans>It does not answer.</Trans>{' '}
              <span className="muted small" lang="en">
                {status.objectStore}
              </span>
            </>
          )}
        </dd>
        <dt>{t`Log`}</dt>
        <dd>{status.origin}</dd>
        <dt>{t`Public key`}</dt>
        <dd>
          <code>{status.verifierKey}</code>
        </dd>
        <dt>{t`Root hash`}</dt>
        <dd>
          <code>{status.rootHash ?? '–'}</code>
        </dd>
      </dl>
      {may('archive.verify') && (
        <div className="row">
          <Button busy={verify.isPending} onClick={() => verify.mutate()}>
            <Trans>Verify everything now</Trans>
          </Button>
        </div>
      )}
      {verify.error !== null && <Failure error={verify.error} />}
      {verify.data !== undefined && (
        <Notice
          tone={verify.data.ok ? 'ok' : 'block'}
          title={
            verify.data.ok ? (
              <Plural
                value={verify.data.recordsChecked}
                one="# record is genuine and complete"
                other={`${formatNumber(verify.data.recordsChecked)} records are genuine and complete`}
              />
            ) : (
              <Trans>The archive does not verify</Trans>
            )
          }
        >
          {verify.data.problems.length > 0 && (
            <ul>
              {verify.data.problems.slice(0, 5).map((problem) => (
                <li key={problem.sentence}>{problem.sentence}</li>
              ))}
            </ul>
          )}
        </Notice>
      )}
    </>
  )
}
