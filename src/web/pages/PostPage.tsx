import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { commentPost, retractPost, submitPost, withdrawPost, type Post } from '#shared/api/posts.ts'
import { editableStatuses, withdrawableStatuses } from '#shared/post-status.ts'
import { call } from '#web/api/call.ts'
import { meQuery, postQuery } from '#web/api/queries.ts'
import { FindingsList } from '#web/components/FindingsList.tsx'
import { HighlightedText } from '#web/components/HighlightedText.tsx'
import { MediaList } from '#web/components/MediaList.tsx'
import { PageHead } from '#web/components/PageHead.tsx'
import { PostFacts } from '#web/components/PostFacts.tsx'
import { PostNextStep } from '#web/components/PostNextStep.tsx'
import { Publications } from '#web/components/Publications.tsx'
import { Revisions } from '#web/components/Revisions.tsx'
import { Failure, QueryView } from '#web/components/states.tsx'
import { StatusBadge } from '#web/components/StatusBadge.tsx'
import { Timeline } from '#web/components/Timeline.tsx'
import { ReasonDialog } from '#web/forms/ReasonDialog.tsx'
import { Button } from '#web/ui/Button.tsx'
import { TextArea } from '#web/ui/fields.tsx'
import { formatTime, timeZone } from '#web/util/format.ts'
import { firstWords } from '#web/util/words.ts'

const route = getRouteApi('/shell/posts/$postId')

export function PostPage() {
  const { t } = useLingui()
  const { postId } = route.useParams()
  const post = useQuery(postQuery(postId))
  return (
    <QueryView query={post} title={t`Post`}>
      {(found) => <PostView post={found} />}
    </QueryView>
  )
}

function PostView({ post }: { post: Post }) {
  const { t } = useLingui()
  const { data: me } = useQuery(meQuery)
  const mine = me?.userId === post.author.userId
  const title = post.text.trim() === '' ? t`(empty post)` : firstWords(post.text)
  return (
    <>
      <PageHead title={title}>
        <StatusBadge status={post.status} />
        {mine && <AuthorActions post={post} />}
      </PageHead>
      <PostNextStep post={post} mine={mine} />
      <div className="two">
        <div className="col">
          <section className="card col">
            <h2>
              <Trans>What it says</Trans>
            </h2>
            <HighlightedText
              text={post.text}
              thread={post.revision.thread}
              findings={post.findings}
              lang={post.revision.language}
            />
            <MediaList media={post.revision.media} findings={post.findings} />
            <PostFacts revision={post.revision} more={mine ? [] : [[t`Author`, post.author.displayName] as const]} />
            {post.findings.length > 0 && (
              <FindingsList findings={post.findings} text={post.text} thread={post.revision.thread} />
            )}
          </section>
          <Publications publications={post.publications} />
          <Revisions revisions={post.revisions} />
          <Comments post={post} />
        </div>
        <section className="card col">
          <h2>
            <Trans>Its life</Trans>
          </h2>
          <p className="muted small">
            <Trans>Times are {timeZone}.</Trans>
          </p>
          <Timeline entries={post.timeline} publications={post.publications} />
        </section>
      </div>
    </>
  )
}

function AuthorActions({ post }: { post: Post }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [asking, setAsking] = useState<'withdraw' | 'retract'>()
  const params = { postId: post.postId }
  const act = useMutation({
    mutationFn: ({ what, reason }: { what: 'submit' | 'withdraw' | 'retract'; reason: string }) => {
      if (what === 'submit') return call(submitPost, { params })
      if (what === 'withdraw') return call(withdrawPost, { params, body: reason === '' ? {} : { reason } })
      return call(retractPost, { params, body: { reason } })
    },
    onSuccess: (changed) => {
      setAsking(undefined)
      client.setQueryData(postQuery(post.postId).queryKey, changed)
      return client.invalidateQueries({ queryKey: ['posts'] })
    },
  })
  return (
    <>
      {post.status === 'draft' && (
        <Button kind="primary" busy={act.isPending} onClick={() => act.mutate({ what: 'submit', reason: '' })}>
          <Trans>Submit</Trans>
        </Button>
      )}
      {editableStatuses.includes(post.status) && (
        <Button onClick={() => void navigate({ to: '/posts/$postId/edit', params })}>
          <Trans>Edit</Trans>
        </Button>
      )}
      {withdrawableStatuses.includes(post.status) && (
        <Button kind="danger" onClick={() => setAsking('withdraw')}>
          <Trans>Withdraw</Trans>
        </Button>
      )}
      {post.publications.some((publication) => publication.status === 'published') && (
        <Button kind="danger" onClick={() => setAsking('retract')}>
          <Trans>Retract</Trans>
        </Button>
      )}
      <ReasonDialog
        open={asking !== undefined}
        title={asking === 'retract' ? t`Retract from every network?` : t`Withdraw this post?`}
        explanation={
          asking === 'retract'
            ? t`It is deleted at its networks. The evidence stays in the archive.`
            : t`Open reviews end. You can edit and submit it again later.`
        }
        required={asking === 'retract'}
        confirm={asking === 'retract' ? t`Retract` : t`Withdraw`}
        busy={act.isPending}
        error={act.error}
        onClose={() => setAsking(undefined)}
        onConfirm={(reason) => asking !== undefined && act.mutate({ what: asking, reason })}
      />
      {act.error !== null && asking === undefined && <Failure error={act.error} />}
    </>
  )
}

function Comments({ post }: { post: Post }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [text, setText] = useState('')
  const { data: me } = useQuery(meQuery)
  const add = useMutation({
    mutationFn: () => call(commentPost, { params: { postId: post.postId }, body: { text } }),
    onSuccess: () => {
      setText('')
      return client.invalidateQueries({ queryKey: ['post', post.postId] })
    },
  })
  return (
    <section className="card col">
      <h2>
        <Trans>Conversation</Trans>
      </h2>
      {post.comments.length === 0 && (
        <p className="muted">
          <Trans>No comment yet. Comments stay inside the firm and are archived.</Trans>
        </p>
      )}
      <ul className="comments">
        {post.comments.map((comment) => (
          <li key={comment.commentId}>
            <strong>{comment.author.displayName}</strong>{' '}
            <span className="muted small">{formatTime(comment.createdAt)}</span>
            <p>{comment.text}</p>
          </li>
        ))}
      </ul>
      {me?.permissions.includes('post.comment') === true && (
        <form
          className="col"
          onSubmit={(event) => {
            event.preventDefault()
            if (text.trim() !== '') add.mutate()
          }}
        >
          <TextArea label={t`Add a comment`} rows={2} value={text} onChange={setText} />
          {add.error !== null && <Failure error={add.error} />}
          <div className="row end">
            <Button type="submit" busy={add.isPending} disabled={text.trim() === ''}>
              <Trans>Comment</Trans>
            </Button>
          </div>
        </form>
      )}
    </section>
  )
}
