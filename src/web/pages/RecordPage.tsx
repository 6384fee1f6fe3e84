import { useState } from 'react'
import { msg } from '@lingui/core/macro'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ArchiveRecord } from '#shared/api/archive.ts'
import { proofQuery, recordQuery } from '#web/api/archive-queries.ts'
import { PageHead } from '#web/components/PageHead.tsx'
import { RecordContent } from '#web/components/RecordContent.tsx'
import { Failure, QueryView } from '#web/components/states.tsx'
import { Button } from '#web/ui/Button.tsx'
import { Badge, Mark, Notice } from '#web/ui/Notice.tsx'
import { actorName } from '#web/util/actor-name.ts'
import { formatExactTime, formatNumber, timeZone } from '#web/util/format.ts'
import { objectOf } from '#web/util/record-facts.ts'
import { retentionName } from '#web/util/retention-words.ts'
import { recordWords } from '#web/util/record-words.ts'
import { verifyProof, type Step, type StepName } from '#web/util/verify-proof.ts'

const route = getRouteApi('/shell/archive/$recordId')

export function RecordPage() {
  const { t } = useLingui()
  const { recordId } = route.useParams()
  const record = useQuery(recordQuery(recordId))
  return (
    <QueryView query={record} title={t`Record`}>
      {(found) => <RecordView record={found} />}
    </QueryView>
  )
}

function RecordView({ record }: { record: ArchiveRecord }) {
  const { t, i18n } = useLingui()
  const body = record.body === null ? undefined : (JSON.parse(record.body) as { content: unknown })
  return (
    <>
      <PageHead title={i18n._(recordWords(record.type, objectOf(body?.content)))} lead={<code>{record.type}</code>}>
        <Badge tone={record.sealed ? 'ok' : 'review'}>{record.sealed ? t`Sealed` : t`Being sealed`}</Badge>
        {record.postId !== null && (
          <Link to="/archive/posts/$postId" params={{ postId: record.postId }}>
            <Trans>The whole life of this post</Trans>
          </Link>
        )}
      </PageHead>
      <div className="two">
        <div className="col">
          <section className="card col">
            <h2>
              <Trans>What was recorded</Trans>
            </h2>
            <dl className="kv">
              <dt>{t`When`}</dt>
              <dd>
                {formatExactTime(record.recordedAt)} ({timeZone})
              </dd>
              <dt>{t`Who`}</dt>
              <dd>{actorName(record.actor)}</dd>
              {record.author !== null && (
                <>
                  <dt>{t`Author of the post`}</dt>
                  <dd>{record.author.displayName}</dd>
                </>
              )}
              <dt>{t`Retention class`}</dt>
              <dd>
                {retentionName(record.retentionClass)} <code className="muted small">{record.retentionClass}</code>
              </dd>
              <dt>{t`Place in the log`}</dt>
              <dd>{record.logIndex === null ? t`not numbered yet` : `#${record.logIndex}`}</dd>
              <dt>{t`Body hash`}</dt>
              <dd>
                <code>{record.bodyHash}</code>
              </dd>
            </dl>
          </section>
          <section className="card col">
            <h2>
              <Trans>Content</Trans>
            </h2>
            {record.disposed === null ? (
              <RecordContent type={record.type} content={body?.content} />
            ) : (
              <Notice tone="hold" title={<Trans>Destroyed at the end of its retention</Trans>}>
                {record.disposed.reason}
                <br />
                {formatExactTime(record.disposed.at)} ({timeZone})
              </Notice>
            )}
            <details className="fold">
              <summary>
                <Trans>Header, as it is hashed</Trans>
              </summary>
              <pre className="raw" tabIndex={0} aria-label={t`Header`}>
                {record.header}
              </pre>
            </details>
          </section>
        </div>
        <Verification record={record} />
      </div>
    </>
  )
}

const stepWords: Record<StepName, ReturnType<typeof msg>> = {
  body: msg`The content has the hash that the header names`,
  header: msg`The header belongs to this record`,
  entry: msg`The log’s entry holds this header, word for word`,
  path: msg`The entry stands in the tree at its index (RFC 6962)`,
  signature: msg`The tree’s root is signed with the log’s key`,
}

function Verification({ record }: { record: ArchiveRecord }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [steps, setSteps] = useState<Step[]>()
  const verify = useMutation({
    mutationFn: async () => {
      const proof = await client.fetchQuery({ ...proofQuery(record.recordId), staleTime: 0 })
      setSteps(await verifyProof(record, proof))
      return proof
    },
  })
  const failed = steps?.some((step) => step.ok === false) === true
  return (
    <section className="card col">
      <h2>
        <Trans>Proof</Trans>
      </h2>
      <p className="muted">
        <Trans>
          Your browser computes each step itself and believes no answer of this server but the key, which you can
          compare with the one your firm published.
        </Trans>
      </p>
      <div className="row">
        <Button kind="primary" busy={verify.isPending} onClick={() => verify.mutate()}>
          <Trans>Verify</Trans>
        </Button>
        {verify.data !== undefined && (
          <a
            className="button-link small-link"
            download={`proof-${record.recordId}.json`}
            href={`data:application/json;charset=utf-8,${encodeURIComponent(JSON.stringify(verify.data, null, 2))}`}
          >
            <Trans>Download the proof</Trans>
          </a>
        )}
      </div>
      {verify.error !== null && <Failure error={verify.error} />}
      {steps !== undefined && (
        <div role="status" className="col">
          <Notice
            tone={failed ? 'block' : 'ok'}
            title={
              failed ? (
                <Trans>This record does not verify</Trans>
              ) : (
                <Trans>This record is genuine and in its place</Trans>
              )
            }
          >
            {failed ? (
              <Trans>Do not rely on it. Tell the records officer: an incident must be opened.</Trans>
            ) : undefined}
          </Notice>
          <ul className="steps">
            {steps.map((step) => (
              <li key={step.name}>
                <Mark tone={step.ok === undefined ? 'hold' : step.ok ? 'ok' : 'block'} />
                <StepLine step={step} />
              </li>
            ))}
          </ul>
          {verify.data !== undefined && (
            <dl className="kv small">
              <dt>{t`Tree size`}</dt>
              <dd>{formatNumber(verify.data.treeSize)}</dd>
              <dt>{t`Root hash`}</dt>
              <dd>
                <code>{verify.data.rootHash}</code>
              </dd>
              <dt>{t`Key`}</dt>
              <dd>
                <code>{verify.data.verifierKey}</code>
              </dd>
            </dl>
          )}
        </div>
      )}
    </section>
  )
}

function StepLine({ step }: { step: Step }) {
  const { t, i18n } = useLingui()
  const name = i18n._(stepWords[step.name])
  const outcome = step.ok === undefined ? t`content destroyed` : step.ok ? t`holds` : t`does not hold`
  return (
    <span>
      <Trans>
        {name}: <strong>{outcome}</strong>
      </Trans>
    </span>
  )
}
