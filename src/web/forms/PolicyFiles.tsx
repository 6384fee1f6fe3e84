import { useState, type RefObject } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import type { Static } from 'typebox'
import type { PolicyFile as PolicyFileSchema } from '#shared/api/policies.ts'
import { Button } from '#web/ui/Button.tsx'
import { TextArea, TextField } from '#web/ui/fields.tsx'
import { Badge } from '#web/ui/Notice.tsx'

export type PolicyFile = Static<typeof PolicyFileSchema>

interface Props {
  readonly files: readonly PolicyFile[]
  /** The files of the active version, to say which ones differ. */
  readonly initial: readonly PolicyFile[]
  readonly open: string | undefined
  readonly area: RefObject<HTMLTextAreaElement | null>
  readonly onOpen: (path: string | undefined) => void
  readonly onChange: (files: readonly PolicyFile[]) => void
}

/** The files of a draft: uploaded, pasted, changed, taken out. */
export function PolicyFiles({ files, initial, open, area, onOpen, onChange }: Props) {
  const { t } = useLingui()
  const opened = files.find((file) => file.path === open)
  const put = (changed: readonly PolicyFile[]) => {
    const paths = new Set(changed.map(({ path }) => path))
    onChange([...files.filter(({ path }) => !paths.has(path)), ...changed].toSorted(byPath))
  }
  const upload = async (list: FileList | null) => {
    const read = [...(list ?? [])].map(async (file) => ({ path: placeFor(file.name, files), text: await file.text() }))
    put(await Promise.all(read))
  }
  return (
    <section className="card col">
      <div className="row spread">
        <h2>
          <Trans>Files</Trans>
        </h2>
        <label className="button-link small-link file-button">
          <Trans>Upload YAML files</Trans>
          <input
            type="file"
            className="vh"
            accept=".yaml,.yml"
            multiple
            onChange={(event) => void upload(event.currentTarget.files)}
          />
        </label>
      </div>
      <ul className="list">
        {files.map((file) => (
          <li key={file.path}>
            <div className="line">
              <span className="line-main">
                <code>{file.path}</code>
              </span>
              <span className="row">
                <Difference file={file} initial={initial} />
                <Button
                  small
                  pressed={file.path === open}
                  onClick={() => onOpen(file.path === open ? undefined : file.path)}
                >
                  <Trans>
                    Edit<span className="vh"> {file.path}</span>
                  </Trans>
                </Button>
                <Button small kind="danger" onClick={() => onChange(files.filter((other) => other !== file))}>
                  <Trans>
                    Take out<span className="vh"> {file.path}</span>
                  </Trans>
                </Button>
              </span>
            </div>
          </li>
        ))}
      </ul>
      {opened !== undefined && (
        <div className="source">
          <TextArea
            key={opened.path}
            ref={area}
            label={t`Content of ${opened.path}`}
            rows={20}
            value={opened.text}
            onChange={(text) => put([{ path: opened.path, text }])}
          />
        </div>
      )}
      <AddFile
        taken={files}
        onAdd={(file) => {
          put([file])
          onOpen(file.path)
        }}
      />
    </section>
  )
}

function Difference({ file, initial }: { file: PolicyFile; initial: readonly PolicyFile[] }) {
  const before = initial.find(({ path }) => path === file.path)
  if (before?.text === file.text) return null
  return (
    <Badge tone={before === undefined ? 'ok' : 'review'}>
      {before === undefined ? <Trans>New</Trans> : <Trans>Changed</Trans>}
    </Badge>
  )
}

const firstRule = `policy: our-rules
rules:
  - id: no-bonus-talk
    severity: review
    any: ['bonus NEAR/3 team']
    unless: ['no bonus']
    message:    { en: Do not talk about bonuses., fr: Ne parlez pas des primes. }
    suggestion: { en: Praise the work instead., fr: Saluez plutôt le travail. }
    tests:
      - { hit: 'A ⟦bonus for the whole team⟧!' }
      - { pass: 'A bonus track on the album' }
`

function AddFile({ taken, onAdd }: { taken: readonly PolicyFile[]; onAdd: (file: PolicyFile) => void }) {
  const { t } = useLingui()
  const [path, setPath] = useState('')
  const name = path.trim()
  const isTaken = taken.some((file) => file.path === name)
  return (
    <form
      className="row add-file"
      onSubmit={(event) => {
        event.preventDefault()
        if (name === '' || isTaken) return
        onAdd({ path: name, text: firstRule })
        setPath('')
      }}
    >
      <TextField
        label={t`Name of a new file`}
        placeholder="our-rules/our-rules.yaml"
        value={path}
        onChange={setPath}
        error={isTaken ? t`There is a file of this name.` : undefined}
      />
      <Button type="submit" disabled={name === '' || isTaken}>
        <Trans>Add it, with a rule to begin from</Trans>
      </Button>
    </form>
  )
}

/** An uploaded file takes the place of the one file of its name; without one, it stands by itself. */
function placeFor(name: string, files: readonly PolicyFile[]): string {
  const same = files.filter(({ path }) => path === name || path.endsWith(`/${name}`))
  return same.length === 1 ? same[0]!.path : name
}

function byPath(a: PolicyFile, b: PolicyFile): number {
  return a.path < b.path ? -1 : 1
}
