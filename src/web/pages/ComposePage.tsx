import { useEffect, useRef, useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { checkPolicy, type Finding } from '#shared/api/policies.ts'
import { createPost, createRevision, type Post } from '#shared/api/posts.ts'
import { call } from '#web/api/call.ts'
import { postQuery, profilesQuery } from '#web/api/queries.ts'
import type { EditorHandle } from '#web/components/HighlightEditor.tsx'
import { PageHead } from '#web/components/PageHead.tsx'
import { Failure, Loading, QueryView } from '#web/components/states.tsx'
import { PostForm } from '#web/forms/PostForm.tsx'
import { altTextId } from '#web/forms/MediaField.tsx'
import { useUploads } from '#web/forms/use-uploads.ts'
import { VerdictPanel } from '#web/forms/VerdictPanel.tsx'
import { Button } from '#web/ui/Button.tsx'
import { Notice } from '#web/ui/Notice.tsx'
import { dropDraft, keepDraft, readDraft, toWish, type Draft } from '#web/util/draft-store.ts'
import { useKeys } from '#web/util/keys.ts'
import { useDebounced } from '#web/util/use-debounced.ts'
import { useOnline } from '#web/util/use-online.ts'

const route = getRouteApi('/shell/posts/$postId/edit')

export function ComposePage() {
  const { t } = useLingui()
  const profiles = useQuery(profilesQuery)
  // Where the list of profiles does not come, one can write all the same: the picker says so and asks again.
  const [begun, setBegun] = useState(false)
  if (!begun && !profiles.isPending) setBegun(true)
  if (!begun)
    return (
      <>
        <PageHead title={t`New post`} />
        <Loading />
      </>
    )
  const connected = (profiles.data?.items ?? []).filter((profile) => profile.status === 'connected')
  const first: Draft = { text: '', profileIds: connected.slice(0, 1).map((profile) => profile.profileId) }
  return <Composer title={t`New post`} initial={first} />
}

export function EditPage() {
  const { t } = useLingui()
  const { postId } = route.useParams()
  const post = useQuery({ ...postQuery(postId), refetchInterval: false, refetchOnWindowFocus: false })
  return (
    <QueryView query={post} title={t`New revision`}>
      {(found) => <Composer title={t`New revision`} post={found} initial={toDraft(found)} />}
    </QueryView>
  )
}

function toDraft({ revision }: Post): Draft {
  return {
    text: revision.text,
    ...(revision.thread.length === 0 ? {} : { thread: revision.thread }),
    ...(revision.format === null ? {} : { format: revision.format }),
    ...(revision.audience === null ? {} : { audience: revision.audience }),
    profileIds: revision.profileIds,
    media: revision.media,
    links: revision.links,
    sources: revision.sources,
    scheduledAt: revision.scheduledAt,
    communicationClass: revision.communicationClass,
    static: revision.static,
    topics: revision.topics,
    ...(revision.language === null ? {} : { language: revision.language }),
  }
}

function Composer({ title, initial, post }: { title: string; initial: Draft; post?: Post }) {
  const { t } = useLingui()
  const navigate = useNavigate()
  const client = useQueryClient()
  const [restored] = useState(() => readDraft(post?.postId))
  const [draft, setDraft] = useState<Draft>(restored ?? initial)
  const uploads = useUploads(draft.media?.length ?? 0, (stored) =>
    setDraft((now) => ({ ...now, media: [...(now.media ?? []), stored] })),
  )
  const rested = useDebounced(draft, 250)
  const check = useQuery({
    queryKey: ['check', rested],
    queryFn: ({ signal }) => call(checkPolicy, { body: toWish(rested), signal }),
    enabled: rested.text.trim() !== '',
    placeholderData: (previous) => previous,
    retry: false,
    staleTime: 60_000,
  })
  const [untouched] = useState(draft)
  useEffect(() => {
    if (draft !== untouched) keepDraft(post?.postId, draft)
  }, [draft, untouched, post?.postId])

  const save = useMutation({
    mutationFn: (submit: boolean) =>
      post === undefined
        ? call(createPost, { body: { ...toWish(draft), submit } })
        : call(createRevision, { params: { postId: post.postId }, body: { ...toWish(draft), submit } }),
    onSuccess: async (saved) => {
      dropDraft(post?.postId)
      client.setQueryData(postQuery(saved.postId).queryKey, saved)
      await client.invalidateQueries({ queryKey: ['posts'] })
      await navigate({ to: '/posts/$postId', params: { postId: saved.postId } })
    },
  })
  const editor = useRef<EditorHandle>(null)
  const form = useRef<HTMLDivElement>(null)
  const show = (finding: Finding) => {
    const described = finding.spans.find(({ field }) => field.startsWith('alt:'))?.field
    if (described !== undefined) document.getElementById(altTextId(Number(described.slice('alt:'.length))))?.focus()
    const span = finding.spans.find((candidate) => candidate.field === 'text')
    if (span !== undefined) editor.current?.select({ start: span.start, end: span.end, severity: finding.severity })
  }
  const online = useOnline()
  const engineDown = check.error !== null
  const blocked = check.data?.verdict === 'block'
  const unready = !online
    ? t`You are offline: your words are kept in this browser, and nothing is sent.`
    : draft.text.trim() === ''
      ? t`Write something first.`
      : draft.profileIds?.length === 0
        ? t`Choose at least one profile.`
        : uploads.busy
          ? t`Wait until the files are uploaded.`
          : engineDown
            ? t`Policy cannot be asked just now; save a draft.`
            : undefined

  // A time that cannot be read is no time: the post would leave at once instead.
  const saveRead = (submit: boolean) => {
    const unread = form.current?.querySelector<HTMLInputElement>('input:invalid')
    if (unread == null) save.mutate(submit)
    else unread.reportValidity()
  }

  useKeys([
    { keys: 'Ctrl+Enter', label: t`Submit`, run: () => unready === undefined && saveRead(true) },
    { keys: 'Ctrl+S', label: t`Save draft`, run: () => saveRead(false) },
  ])

  return (
    <>
      <PageHead title={title} />
      {restored !== undefined && (
        <Notice
          tone="note"
          title={<Trans>Your unsaved words are back</Trans>}
          action={
            <Button
              small
              onClick={() => {
                dropDraft(post?.postId)
                window.location.reload()
              }}
            >
              <Trans>Discard them</Trans>
            </Button>
          }
        />
      )}
      <div className="compose" ref={form}>
        <PostForm draft={draft} onChange={setDraft} uploads={uploads} check={check.data} editor={editor} />
        <VerdictPanel
          text={rested.text}
          thread={rested.thread}
          check={check.data}
          error={check.error}
          waiting={rested !== draft}
          onShow={show}
        />
      </div>
      <div className="actions">
        {save.error !== null && <Failure error={save.error} />}
        <span className="muted small" id="submit-why" role="status">
          {unready ??
            (blocked ? t`Policy will refuse this text; mend it first, or submit to keep a record of the refusal.` : '')}
        </span>
        <Button shortcut="Ctrl+S" onClick={() => saveRead(false)} busy={save.isPending && !save.variables}>
          <Trans>Save draft</Trans>
        </Button>
        <Button
          kind="primary"
          shortcut="Ctrl+Enter"
          describedBy="submit-why"
          disabled={unready !== undefined}
          busy={save.isPending && save.variables}
          onClick={() => saveRead(true)}
        >
          <Trans>Submit</Trans>
        </Button>
      </div>
    </>
  )
}
