import { useId, useState, type KeyboardEvent } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { meQuery } from '#web/api/queries.ts'
import { Button } from '#web/ui/Button.tsx'
import { Dialog } from '#web/ui/Dialog.tsx'
import { TextField } from '#web/ui/fields.tsx'
import { foldAccents } from '#web/util/fold-accents.ts'
import { useKeys } from '#web/util/keys.ts'
import { sections } from '#web/util/sections.ts'

interface Command {
  readonly label: string
  readonly run: () => unknown
}

/** Everywhere one may go, found by a few letters, and anything that has an id. */
export function Palette() {
  const { t } = useLingui()
  const [open, setOpen] = useState(false)
  useKeys([{ keys: 'Ctrl+K', label: t`Go anywhere`, run: () => setOpen(true) }])
  return (
    <>
      <Button small kind="plain" shortcut="Ctrl+K" onClick={() => setOpen(true)}>
        <Trans>Go to</Trans>
      </Button>
      <Dialog open={open} title={t`Go to`} onClose={() => setOpen(false)}>
        <Search onDone={() => setOpen(false)} />
      </Dialog>
    </>
  )
}

function Search({ onDone }: { onDone: () => void }) {
  const { t } = useLingui()
  const listId = useId()
  const [words, setWords] = useState('')
  const [at, setAt] = useState(0)
  const commands = useCommands(words.trim())
  const current = Math.min(at, commands.length - 1)
  const run = (command: Command | undefined) => {
    if (command === undefined) return
    onDone()
    command.run()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      const by = event.key === 'ArrowDown' ? 1 : -1
      setAt((current + by + commands.length) % Math.max(1, commands.length))
    } else if (event.key === 'Enter') {
      event.preventDefault()
      run(commands[current])
    }
  }
  return (
    // The field hands its arrows and Enter to the list below it.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className="col" onKeyDown={onKeyDown}>
      <TextField
        label={t`A section, or the id of a post, a review or a record`}
        value={words}
        onChange={(value) => {
          setWords(value)
          setAt(0)
        }}
      />
      <ul className="list palette" id={listId} aria-label={t`Where to`}>
        {commands.map((command, index) => (
          <li key={command.label}>
            <button
              type="button"
              className={index === current ? 'palette-item current' : 'palette-item'}
              onClick={() => run(command)}
            >
              {command.label}
            </button>
          </li>
        ))}
      </ul>
      <p className="muted small" role="status">
        {commands.length === 0 ? t`Nothing has this name.` : (commands[current]?.label ?? '')}
      </p>
    </div>
  )
}

const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** What the words find: an id opens what the person may read, other words find sections. */
function useCommands(words: string): Command[] {
  const { t, i18n } = useLingui()
  const navigate = useNavigate()
  const { data: me } = useQuery(meQuery)
  const may = (permission: (typeof sections)[number]['permission']) => me?.permissions.includes(permission) === true
  if (idPattern.test(words)) {
    return [
      ...(may('post.read')
        ? [{ label: t`Open the post`, run: () => navigate({ to: '/posts/$postId', params: { postId: words } }) }]
        : []),
      ...(may('review.read')
        ? [{ label: t`Open the review`, run: () => navigate({ to: '/queue/$reviewId', params: { reviewId: words } }) }]
        : []),
      ...(may('archive.search')
        ? [
            {
              label: t`Open the record`,
              run: () => navigate({ to: '/archive/$recordId', params: { recordId: words } }),
            },
          ]
        : []),
    ]
  }
  const all: Command[] = [
    ...(may('post.write') ? [{ label: t`New post`, run: () => navigate({ to: '/posts/new' }) }] : []),
    ...sections
      .filter((section) => may(section.permission))
      .map((section) => ({ label: i18n._(section.label), run: () => navigate({ to: section.to }) })),
    ...(may('export.create') ? [{ label: t`New export`, run: () => navigate({ to: '/exports/new' }) }] : []),
    { label: t`My account`, run: () => navigate({ to: '/me' }) },
  ]
  const wanted = foldAccents(words)
  return all.filter((command) => foldAccents(command.label).includes(wanted))
}
