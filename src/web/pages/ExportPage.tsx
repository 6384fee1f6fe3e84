import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { cancelExport, type Export } from '#shared/api/exports.ts'
import { askForPackage, packageUrl } from '#web/api/ask-for-package.ts'
import { call } from '#web/api/call.ts'
import { exportQuery } from '#web/api/archive-queries.ts'
import { HoldScope } from '#web/components/HoldScope.tsx'
import { PageHead } from '#web/components/PageHead.tsx'
import { Failure, QueryView } from '#web/components/states.tsx'
import { toSearch } from '#web/forms/ArchiveFilters.tsx'
import { Button } from '#web/ui/Button.tsx'
import { Badge, Notice } from '#web/ui/Notice.tsx'
import { Progress } from '#web/ui/Progress.tsx'
import { formatBytes, formatNumber, formatTime } from '#web/util/format.ts'
import { exportWords } from './ExportsPage.tsx'

const formatWords = {
  jsonl: msg`JSON lines`,
  csv: msg`CSV`,
  html: msg`pages for a browser`,
  eml: msg`e-mail files`,
} as const

const route = getRouteApi('/shell/exports/$exportId')

export function ExportPage() {
  const { t } = useLingui()
  const { exportId } = route.useParams()
  const query = useQuery(exportQuery(exportId))
  return (
    <QueryView query={query} title={t`Export`}>
      {(found) => <ExportView item={found} />}
    </QueryView>
  )
}

function ExportView({ item }: { item: Export }) {
  const { t, i18n } = useLingui()
  const formatName = (format: string) => {
    const word = formatWords[format as keyof typeof formatWords] as MessageDescriptor | undefined
    return word === undefined ? format : i18n._(word)
  }
  const client = useQueryClient()
  const cancel = useMutation({
    mutationFn: () => call(cancelExport, { params: { exportId: item.exportId } }),
    onSuccess: (changed) => client.setQueryData(exportQuery(item.exportId).queryKey, changed),
  })
  const going = item.status === 'waiting' || item.status === 'running'
  return (
    <>
      <PageHead title={t`Export`} lead={item.reason}>
        <Badge tone={exportWords[item.status].tone}>{i18n._(exportWords[item.status].label)}</Badge>
        <Link to="/exports">
          <Trans>All exports</Trans>
        </Link>
      </PageHead>
      {going && (
        <section className="card col" aria-busy="true">
          <Progress
            share={item.progress.total === 0 ? 0 : item.progress.done / item.progress.total}
            label={t`Progress of the export`}
          />
          <p role="status">
            {item.status === 'waiting' ? (
              <Trans>Waiting for the last records to be sealed</Trans>
            ) : (
              <Trans>
                {formatNumber(item.progress.done)} of {formatNumber(item.progress.total)} records
              </Trans>
            )}
          </p>
          {cancel.error !== null && <Failure error={cancel.error} />}
          <div className="row">
            <Button kind="danger" busy={cancel.isPending} onClick={() => cancel.mutate()}>
              <Trans>Cancel the export</Trans>
            </Button>
          </div>
        </section>
      )}
      {item.status === 'failed' && (
        <Notice
          tone="block"
          title={<Trans>The export could not be made</Trans>}
          action={<AskAgain filter={item.filter} />}
        >
          {item.failure}
        </Notice>
      )}
      {item.status === 'cancelled' && (
        <Notice tone="note" title={<Trans>The export was cancelled</Trans>} action={<AskAgain filter={item.filter} />}>
          <Trans>Nothing of it was kept.</Trans>
        </Notice>
      )}
      {item.status === 'removed' && (
        <Notice
          tone="note"
          title={<Trans>The package is no longer there</Trans>}
          action={<AskAgain filter={item.filter} />}
        >
          {item.failure}
        </Notice>
      )}
      {item.status === 'completed' && (
        <section className="card col">
          <h2>
            <Trans>Ready</Trans>
          </h2>
          <Download item={item} />
          <p>
            <Trans>Whoever receives it can prove offline that nothing is missing or changed:</Trans>
          </p>
          <pre className="raw" tabIndex={0} aria-label={t`Command`}>
            npm run gateway -- verify export.zip
          </pre>
        </section>
      )}
      <section className="card">
        <dl className="kv">
          <dt>{t`Asked for by`}</dt>
          <dd>{item.requestedBy.displayName}</dd>
          <dt>{t`When`}</dt>
          <dd>{formatTime(item.requestedAt, true)}</dd>
          {item.recipient !== null && (
            <>
              <dt>{t`Recipient`}</dt>
              <dd>{item.recipient}</dd>
            </>
          )}
          {item.finishedAt !== null && (
            <>
              <dt>{t`Ended`}</dt>
              <dd>{formatTime(item.finishedAt, true)}</dd>
            </>
          )}
          {item.status !== 'failed' && item.status !== 'cancelled' && (
            <>
              <dt>{t`Package kept until`}</dt>
              <dd>{formatTime(item.keepUntil, true)}</dd>
            </>
          )}
          <dt>{t`Selection`}</dt>
          <dd>
            <HoldScope scope={item.filter} />
          </dd>
          <dt>{t`Time zone of the files`}</dt>
          <dd>{item.timeZone}</dd>
          <dt>{t`Forms`}</dt>
          <dd>{item.formats.map((format) => formatName(format)).join(', ')}</dd>
          {item.recordCount !== null && (
            <>
              <dt>{t`Records`}</dt>
              <dd>{formatNumber(item.recordCount)}</dd>
            </>
          )}
          {item.sha256 !== null && (
            <>
              <dt>SHA-256</dt>
              <dd>
                <code>{item.sha256}</code>
              </dd>
            </>
          )}
        </dl>
      </section>
    </>
  )
}

/** Leads to a new export of the same records. */
function AskAgain({ filter }: { filter: Export['filter'] }) {
  return (
    <Link className="button-link small-link" to="/exports/new" search={toSearch(filter)}>
      <Trans>Ask for it again</Trans>
    </Link>
  )
}

/** The way to the package; where it cannot be had, why not and what to do. */
function Download({ item }: { item: Export }) {
  const url = packageUrl(item.exportId)
  const ask = useMutation({
    mutationFn: () => askForPackage(item.exportId),
    onSuccess: () => window.location.assign(url),
  })
  return (
    <>
      <div className="row">
        <a
          className="button-link"
          href={url}
          download
          onClick={(event) => {
            event.preventDefault()
            ask.mutate()
          }}
        >
          <Trans>Download ({item.size === null ? '' : formatBytes(item.size)})</Trans>
        </a>
      </div>
      {ask.error !== null && (
        <>
          <Failure error={ask.error} />
          <div className="row">
            <AskAgain filter={item.filter} />
          </div>
        </>
      )}
    </>
  )
}
