import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { createExport } from '#shared/api/exports.ts'
import type { BodyOf } from '#shared/api/endpoint.ts'
import { call } from '#web/api/call.ts'
import { HoldScope } from '#web/components/HoldScope.tsx'
import { PageHead } from '#web/components/PageHead.tsx'
import { Failure } from '#web/components/states.tsx'
import { ArchiveFilters, toFilter } from '#web/forms/ArchiveFilters.tsx'
import { Button } from '#web/ui/Button.tsx'
import { DateField } from '#web/ui/DateField.tsx'
import { CheckField, TextArea, TextField } from '#web/ui/fields.tsx'
import { dayFrom, startOfDay } from '#web/util/calendar-day.ts'
import { timeZone } from '#web/util/format.ts'

const route = getRouteApi('/shell/exports/new')
type Format = NonNullable<BodyOf<typeof createExport>['formats']>[number]

export function NewExportPage() {
  const { t } = useLingui()
  const search = route.useSearch()
  const navigate = useNavigate()
  const [reason, setReason] = useState('')
  const [recipient, setRecipient] = useState('')
  const [keptUntil, setKeptUntil] = useState(() => dayFrom(90))
  const [formats, setFormats] = useState<readonly Format[]>(['jsonl', 'csv', 'html'])
  const [alone, setAlone] = useState(false)
  const hasStream = [search.author, search.profile, search.unit].some((id) => id !== undefined)
  const create = useMutation({
    mutationFn: () =>
      call(createExport, {
        body: {
          ...toFilter(search),
          reason: reason.trim(),
          timeZone,
          formats: [...formats],
          ...(keptUntil === '' ? {} : { keepUntil: startOfDay(keptUntil, 1) }),
          ...(alone && hasStream ? { proof: 'stream' as const } : {}),
          ...(recipient.trim() === '' ? {} : { recipient: recipient.trim() }),
        },
      }),
    onSuccess: ({ exportId }) => navigate({ to: '/exports/$exportId', params: { exportId } }),
  })
  const toggle = (format: Format) => (checked: boolean) =>
    setFormats(checked ? [...formats, format] : formats.filter((one) => one !== format))
  return (
    <>
      <PageHead
        title={t`New export`}
        lead={<Trans>Dates and readable files are in {timeZone}; the zone stands in the manifest.</Trans>}
      />
      <h2>
        <Trans>1. What</Trans>
      </h2>
      <ArchiveFilters
        search={search}
        action={t`Use this selection`}
        onSearch={(wish) => void navigate({ to: '/exports/new', search: wish })}
      />
      <p role="status">
        {Object.values(search).every((value) => value === undefined) ? (
          <Trans>Everything that you may read will be exported.</Trans>
        ) : (
          <>
            <Trans>Only what matches:</Trans> <HoldScope scope={toFilter(search)} />
          </>
        )}
      </p>
      <form
        className="card col"
        onSubmit={(event) => {
          event.preventDefault()
          if (reason.trim() !== '') create.mutate()
        }}
      >
        <h2>
          <Trans>2. For whom, and why</Trans>
        </h2>
        <TextArea
          label={t`Reason`}
          hint={t`It stands in the manifest and in the archive.`}
          required
          rows={2}
          value={reason}
          onChange={setReason}
        />
        <TextField label={t`Recipient (optional)`} value={recipient} onChange={setRecipient} maxLength={300} />
        <DateField
          label={t`Keep the package until, this day included`}
          hint={t`A year at most; then ask for it again.`}
          value={keptUntil}
          onChange={setKeptUntil}
          max={dayFrom(364)}
        />
        <h2>
          <Trans>3. In which forms</Trans>
        </h2>
        <CheckField label={t`For machines: JSON lines, with the proof`} checked disabled onChange={() => {}} />
        <CheckField label={t`For spreadsheets: CSV`} checked={formats.includes('csv')} onChange={toggle('csv')} />
        <CheckField
          label={t`For people: pages that open in any browser`}
          checked={formats.includes('html')}
          onChange={toggle('html')}
        />
        <CheckField
          label={t`For other archives: one e-mail file a post`}
          checked={formats.includes('eml')}
          onChange={toggle('eml')}
        />
        {hasStream && (
          <CheckField
            label={t`Without the headers of anybody else: only these records, with the proof that none is missing`}
            checked={alone}
            onChange={setAlone}
          />
        )}
        {create.error !== null && <Failure error={create.error} />}
        <div className="row end">
          <Button kind="primary" type="submit" busy={create.isPending} disabled={reason.trim() === ''}>
            <Trans>Make the export</Trans>
          </Button>
        </div>
      </form>
    </>
  )
}
