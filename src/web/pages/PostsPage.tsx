import { useState, type SyntheticEvent } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { msg } from '@lingui/core/macro'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { MessageDescriptor } from '@lingui/core'
import type { PostSummary } from '#shared/api/posts.ts'
import type { PostStatus } from '#shared/post-status.ts'
import { postsQuery } from '#web/api/queries.ts'
import { PageHead } from '#web/components/PageHead.tsx'
import { Empty, QueryView } from '#web/components/states.tsx'
import { StatusBadge } from '#web/components/StatusBadge.tsx'
import { Button } from '#web/ui/Button.tsx'
import { TextField } from '#web/ui/fields.tsx'
import { formatNumber, formatRelative, formatTime } from '#web/util/format.ts'
import { networkName, stageName } from '#web/util/words.ts'

const route = getRouteApi('/shell/posts')

const tabs: readonly { key: string; label: MessageDescriptor; statuses: readonly PostStatus[] }[] = [
  { key: '', label: msg`All`, statuses: [] },
  {
    key: 'mine',
    label: msg`Waiting for you`,
    statuses: ['draft', 'blocked', 'changes_requested', 'rejected', 'expired', 'failed'],
  },
  { key: 'review', label: msg`In review`, statuses: ['in_review'] },
  { key: 'out', label: msg`On the way`, statuses: ['approved', 'scheduled', 'publishing', 'unconfirmed', 'stopped'] },
  {
    key: 'live',
    label: msg({ message: 'Published', context: 'of several posts' }),
    statuses: ['published', 'partly_published'],
  },
  {
    key: 'ended',
    label: msg({ message: 'Withdrawn', context: 'of several posts' }),
    statuses: ['withdrawn', 'retracted'],
  },
]

export function PostsPage() {
  const { t, i18n } = useLingui()
  const navigate = useNavigate()
  const search = route.useSearch()
  const tab = tabs.find((candidate) => candidate.key === (search.status ?? '')) ?? tabs[0]!
  const query = useInfiniteQuery(
    postsQuery({
      author: 'me',
      limit: 50,
      ...(tab.statuses.length > 0 ? { status: tab.statuses.join(',') } : {}),
      ...(search.q === undefined ? {} : { q: search.q }),
    }),
  )
  const first = query.data?.pages[0]
  const last = query.data?.pages.at(-1)
  const counts = first?.counts
  const items = query.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <>
      <PageHead title={t`My posts`}>
        <Button kind="primary" shortcut="N" onClick={() => void navigate({ to: '/posts/new' })}>
          <Trans>New post</Trans>
        </Button>
      </PageHead>
      <div className="row spread">
        <nav className="tabs" aria-label={t`Filter by state`}>
          {tabs.map((candidate) => (
            <Link
              key={candidate.key}
              to="/posts"
              search={candidate.key === '' ? {} : { status: candidate.key }}
              {...(candidate === tab ? { 'aria-current': 'page' as const } : {})}
            >
              {i18n._(candidate.label)}{' '}
              <span className="muted">{counts !== undefined && formatNumber(countOf(counts, candidate.statuses))}</span>
            </Link>
          ))}
        </nav>
        <SearchBox q={search.q ?? ''} onSearch={(q) => void navigate({ to: '/posts', search: withWords(search, q) })} />
      </div>
      <QueryView query={query} rows={6}>
        {() =>
          items.length === 0 && !query.hasNextPage ? (
            <Empty
              action={
                search.q === undefined ? (
                  <Link to="/posts/new">{t`Write a post`}</Link>
                ) : (
                  <Link to="/posts" search={withWords(search, '')}>{t`Clear the search`}</Link>
                )
              }
            >
              {search.q !== undefined
                ? t`No post contains “${search.q}”.`
                : tab.key === ''
                  ? t`You have not written a post yet.`
                  : t`Nothing here.`}
            </Empty>
          ) : (
            <>
              <ul className="list" aria-label={t`Posts`}>
                {items.map((post) => (
                  <PostLine key={post.postId} post={post} />
                ))}
              </ul>
              {last !== undefined && last.searchedBackTo !== null && (
                <p className="muted">
                  <Trans>Searched back to {formatTime(last.searchedBackTo)} so far.</Trans>
                </p>
              )}
              {query.hasNextPage && (
                <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                  {last?.searchedBackTo === null ? <Trans>Show more</Trans> : <Trans>Search further back</Trans>}
                </Button>
              )}
            </>
          )
        }
      </QueryView>
    </>
  )
}

function withWords(search: ReturnType<typeof route.useSearch>, q: string): typeof search {
  const { q: _old, ...rest } = search
  return q === '' ? rest : { ...rest, q }
}

function PostLine({ post }: { post: PostSummary }) {
  const { t } = useLingui()
  return (
    <li>
      <Link to="/posts/$postId" params={{ postId: post.postId }} className="line">
        <span className="line-main">
          <span className="cut">{post.text.trim() === '' ? t`(empty)` : post.text}</span>
          <span className="muted small">
            {[
              post.networks.map(networkName).join(', '),
              post.scheduledAt === null ? '' : t`for ${formatTime(post.scheduledAt)}`,
              formatRelative(post.updatedAt),
            ]
              .filter((part) => part !== '')
              .join(' · ')}
          </span>
        </span>
        <span className="line-side">
          <StatusBadge status={post.status} />
          {post.waitingFor !== null && <span className="muted small">{t`with ${stageName(post.waitingFor)}`}</span>}
        </span>
      </Link>
    </li>
  )
}

function SearchBox({ q, onSearch }: { q: string; onSearch: (q: string) => void }) {
  const { t } = useLingui()
  const [words, setWords] = useState(q)
  // The address changed otherwise: the field follows, and whoever searched stays in it.
  const [shown, setShown] = useState(q)
  if (q !== shown) {
    setShown(q)
    setWords(q)
  }
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    onSearch(words.trim())
  }
  return (
    <form role="search" className="search-box" onSubmit={submit}>
      <TextField
        label={<span className="vh">{t`Search my posts`}</span>}
        placeholder={t`Search my posts`}
        value={words}
        onChange={setWords}
      />
    </form>
  )
}

function countOf(counts: Record<string, number>, statuses: readonly PostStatus[]): number {
  return Object.entries(counts).reduce(
    (sum, [status, count]) => (statuses.length === 0 || statuses.includes(status as PostStatus) ? sum + count : sum),
    0,
  )
}
