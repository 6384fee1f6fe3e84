import { useRef, useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { createPolicyVersion } from '#shared/api/policies.ts'
import { findTouched } from '#shared/api/simulations.ts'
import { call } from '#web/api/call.ts'
import { policiesQuery, policyVersionQuery } from '#web/api/policy-queries.ts'
import { PageHead } from '#web/components/PageHead.tsx'
import { PolicyProblems } from '#web/components/PolicyProblems.tsx'
import { QueryView } from '#web/components/states.tsx'
import { TouchedPosts } from '#web/components/TouchedPosts.tsx'
import { PolicyFiles, type PolicyFile } from '#web/forms/PolicyFiles.tsx'
import { SimulateDialog } from '#web/forms/SimulateDialog.tsx'
import { Button } from '#web/ui/Button.tsx'
import { TextField } from '#web/ui/fields.tsx'

export function NewPolicyPage() {
  const { t } = useLingui()
  const policies = useQuery(policiesQuery)
  return (
    <QueryView query={policies} title={t`New policy version`}>
      {({ activeVersion }) =>
        activeVersion === null ? <Editor initial={[]} /> : <FromActive version={activeVersion} />
      }
    </QueryView>
  )
}

function FromActive({ version }: { version: string }) {
  const { t } = useLingui()
  const active = useQuery({ ...policyVersionQuery(version), refetchOnWindowFocus: false })
  return (
    <QueryView query={active} title={t`New policy version`}>
      {({ files }) => <Editor initial={files} />}
    </QueryView>
  )
}

/** A version to be: the active files, changed by hand or by upload, checked whole before anything is written. */
function Editor({ initial }: { initial: readonly PolicyFile[] }) {
  const { t } = useLingui()
  const navigate = useNavigate()
  const client = useQueryClient()
  const [files, setFiles] = useState(initial)
  const [open, setOpen] = useState<string>()
  const [note, setNote] = useState('')
  const [simulating, setSimulating] = useState(false)
  const area = useRef<HTMLTextAreaElement>(null)
  const body = files.map(({ path, text }) => ({ path, text }))
  const compare = useMutation({ mutationFn: () => call(findTouched, { body: { files: body } }) })
  const write = useMutation({
    mutationFn: () => call(createPolicyVersion, { body: { files: body, note: note.trim() } }),
    onSuccess: async ({ version }) => {
      await client.invalidateQueries({ queryKey: ['policies'] })
      await navigate({ to: '/policies/$version', params: { version } })
    },
  })
  const change = (next: readonly PolicyFile[]) => {
    setFiles(next)
    compare.reset()
    write.reset()
  }
  const show = (path: string, line: number) => {
    setOpen(path)
    // The field is drawn first.
    requestAnimationFrame(() => selectLine(area.current, line))
  }
  const error = write.error ?? compare.error
  return (
    <>
      <PageHead
        title={t`New policy version`}
        lead={
          <Trans>
            It starts from the active files. Every rule carries its examples; all of them are run before anything is
            written.
          </Trans>
        }
      >
        <Link to="/policies">
          <Trans>All versions</Trans>
        </Link>
      </PageHead>
      <PolicyFiles files={files} initial={initial} open={open} area={area} onOpen={setOpen} onChange={change} />
      {error !== null && <PolicyProblems error={error} onShow={show} />}
      {compare.data !== undefined && (
        <section className="card col">
          <h2>
            <Trans>Compared with the active version</Trans>
          </h2>
          <TouchedPosts touched={compare.data} />
          <div>
            <Button onClick={() => setSimulating(true)}>
              <Trans>Simulate over the past</Trans>
            </Button>
          </div>
        </section>
      )}
      <TextField
        label={t`Note`}
        hint={t`What changes and why; the second person and the archive read it.`}
        maxLength={2000}
        value={note}
        onChange={setNote}
      />
      <div className="actions">
        <span />
        <Button busy={compare.isPending} disabled={files.length === 0} onClick={() => compare.mutate()}>
          <Trans>Check and compare</Trans>
        </Button>
        <Button kind="primary" busy={write.isPending} disabled={files.length === 0} onClick={() => write.mutate()}>
          <Trans>Write the draft</Trans>
        </Button>
      </div>
      {simulating && <SimulateDialog draft={{ files: body }} onClose={() => setSimulating(false)} />}
    </>
  )
}

/** Puts the cursor on a line, counted from 1, and scrolls there. */
function selectLine(area: HTMLTextAreaElement | null, line: number): void {
  if (area === null) return
  const lines = area.value.split('\n')
  const start = lines.slice(0, line - 1).reduce((length, text) => length + text.length + 1, 0)
  area.focus()
  area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0))
  area.scrollTop = (area.scrollHeight / lines.length) * Math.max(0, line - 4)
}
