import { lazy, Suspense, useId, useState, type Dispatch, type Ref, type SetStateAction } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import type { CheckAnswer } from '#shared/api/policies.ts'
import { scheduleHorizonDays } from '#shared/schedule-horizon.ts'
import { HighlightEditor, type EditorHandle, type Hit } from '#web/components/HighlightEditor.tsx'
import { Button } from '#web/ui/Button.tsx'
import { DateField } from '#web/ui/DateField.tsx'
import { SelectField, TextArea } from '#web/ui/fields.tsx'
import type { Draft } from '#web/util/draft-store.ts'
import { timeZone } from '#web/util/format.ts'
import { classWords, languageWords } from '#web/util/words.ts'
import { MediaField } from './MediaField.tsx'
import { ProfilePicker } from './ProfilePicker.tsx'
import type { Uploads } from './use-uploads.ts'

// Counting needs the list of all public suffixes: the author writes before it is there.
const Counters = lazy(async () => ({ default: (await import('./Counters.tsx')).Counters }))

interface Props {
  readonly draft: Draft
  readonly onChange: Dispatch<SetStateAction<Draft>>
  readonly uploads: Uploads
  readonly check: CheckAnswer | undefined
  readonly editor: Ref<EditorHandle>
}

/** The left side of the composer: where, what, when, and what supports it. */
export function PostForm({ draft, onChange, uploads, check, editor }: Props) {
  const [latest] = useState(() => toLocal(new Date(Date.now() + scheduleHorizonDays * 86_400_000).toISOString()))
  const { t, i18n } = useLingui()
  const id = useId()
  const hits = hitsOf(check, draft.text)
  return (
    <div className="card col">
      <ProfilePicker chosen={draft.profileIds ?? []} onChange={(profileIds) => onChange({ ...draft, profileIds })} />
      <div>
        <label id={`${id}-label`} htmlFor={id} className="field-label">
          <Trans>Your post</Trans>
        </label>
        <HighlightEditor
          ref={editor}
          id={id}
          labelledBy={`${id}-label`}
          describedBy="findings-summary"
          initialText={draft.text}
          hits={hits}
          invalid={check?.verdict === 'block'}
          language={draft.language}
          onText={(text) => onChange({ ...draft, text })}
        />
        <Suspense fallback={<p className="counters small">&nbsp;</p>}>
          <Counters draft={draft} />
        </Suspense>
        {hits.length > 0 && (
          <p className="muted small keys-only">
            <kbd>F8</kbd> <Trans>jumps to the next finding</Trans>
          </p>
        )}
      </div>
      <ThreadItems items={draft.thread ?? []} onChange={(thread) => onChange(withThread(draft, thread))} />
      <MediaField
        media={draft.media ?? []}
        profileIds={draft.profileIds ?? []}
        onChange={(media) => onChange((now) => ({ ...now, media }))}
        uploads={uploads}
        check={check}
      />
      <div className="fields fields-top">
        <SelectField
          label={t`Language of the post`}
          value={draft.language ?? ''}
          onChange={(value) => onChange(withLanguage(draft, value))}
          choices={[
            { value: '', label: t`Recognise it` },
            ...Object.entries(languageWords).map(([value, label]) => ({ value, label: i18n._(label) })),
          ]}
        />
        <SelectField
          label={t`Communication class`}
          value={draft.communicationClass ?? 'retail'}
          onChange={(value) =>
            onChange({ ...draft, communicationClass: value as NonNullable<Draft['communicationClass']> })
          }
          choices={Object.entries(classWords).map(([value, label]) => ({ value, label: i18n._(label) }))}
        />
        <DateField
          label={t`Publish at`}
          hint={t`${timeZone}; empty: as soon as it is approved`}
          hintBelow
          time
          max={latest}
          value={toLocal(draft.scheduledAt)}
          onChange={(value) => onChange({ ...draft, scheduledAt: value === '' ? null : new Date(value).toISOString() })}
        />
      </div>
      <TextArea
        label={t`Sources of figures and claims`}
        hint={t`One a line: an address or a document. Reviewers and examiners see them (FIN-3).`}
        rows={2}
        value={(draft.sources ?? []).map((source) => source.url ?? source.note ?? '').join('\n')}
        onChange={(value) => onChange({ ...draft, sources: toSources(value) })}
      />
    </div>
  )
}

/** The further items of a thread. Policy judges each alone, and the whole too (FCA-1). */
function ThreadItems({ items, onChange }: { items: readonly string[]; onChange: (items: string[]) => void }) {
  const { t } = useLingui()
  return (
    <>
      {items.map((item, index) => (
        <div key={index} className="thread-item">
          <TextArea
            label={t`Item ${index + 2} of the thread`}
            value={item}
            onChange={(text) => onChange(items.map((other, at) => (at === index ? text : other)))}
          />
          <Button small kind="plain" onClick={() => onChange(items.filter((_other, at) => at !== index))}>
            <Trans>Remove item {index + 2}</Trans>
          </Button>
        </div>
      ))}
      <div>
        <Button small onClick={() => onChange([...items, ''])}>
          <Trans>Add an item to make a thread</Trans>
        </Button>
      </div>
    </>
  )
}

function hitsOf(check: CheckAnswer | undefined, text: string): Hit[] {
  return (check?.findings ?? []).flatMap((finding) =>
    finding.spans
      .filter((span) => span.field === 'text' && span.end <= text.length)
      .map(({ start, end }) => ({ start, end, severity: finding.severity })),
  )
}

function withThread(draft: Draft, thread: string[]): Draft {
  const { thread: _thread, ...rest } = draft
  return thread.length === 0 ? rest : { ...rest, thread }
}

function withLanguage(draft: Draft, value: string): Draft {
  const { language: _language, ...rest } = draft
  return value === 'fr' || value === 'en' ? { ...rest, language: value } : rest
}

/** An instant as the browser's own field wants it, in the reader's zone. */
function toLocal(instant: string | null | undefined): string {
  if (instant === null || instant === undefined) return ''
  const at = new Date(instant)
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

function toSources(text: string): NonNullable<Draft['sources']> {
  return text
    .split('\n')
    .filter((line, index, lines) => line.trim() !== '' || index < lines.length - 1)
    .map((line) => (/^https?:\/\//.test(line) ? { url: line } : { note: line }))
}
