/** The states of a post and the moves between them. One table; the server refuses every other move. */
export const postStatuses = [
  'draft',
  'blocked',
  'in_review',
  'changes_requested',
  'rejected',
  'approved',
  'scheduled',
  'publishing',
  'published',
  'partly_published',
  'unconfirmed',
  'failed',
  'stopped',
  'expired',
  'withdrawn',
  'retracted',
] as const

export type PostStatus = (typeof postStatuses)[number]

/** From each state, where a post may go next. Absent from the list means refused with `wrong_status`. */
export const postMoves: Record<PostStatus, readonly PostStatus[]> = {
  draft: ['draft', 'in_review', 'blocked', 'approved', 'withdrawn'],
  blocked: ['draft', 'blocked', 'in_review', 'approved', 'withdrawn'],
  in_review: [
    'in_review',
    'changes_requested',
    'rejected',
    'approved',
    'scheduled',
    'withdrawn',
    'draft',
    'blocked',
    'expired',
  ],
  changes_requested: ['draft', 'blocked', 'in_review', 'approved', 'withdrawn'],
  rejected: ['draft', 'blocked', 'in_review', 'approved', 'withdrawn'],
  approved: [
    'publishing',
    'scheduled',
    'stopped',
    'in_review',
    'blocked',
    'draft',
    'withdrawn',
    'expired',
    'failed',
    'unconfirmed',
  ],
  scheduled: [
    'publishing',
    'approved',
    'stopped',
    'in_review',
    'blocked',
    'draft',
    'withdrawn',
    'expired',
    'failed',
    'unconfirmed',
  ],
  publishing: [
    'published',
    'partly_published',
    'unconfirmed',
    'failed',
    'stopped',
    'publishing',
    'approved',
    'retracted',
  ],
  published: ['retracted', 'partly_published'],
  partly_published: ['published', 'partly_published', 'unconfirmed', 'failed', 'retracted', 'publishing', 'stopped'],
  unconfirmed: ['published', 'partly_published', 'failed', 'publishing', 'stopped', 'retracted'],
  failed: ['draft', 'in_review', 'blocked', 'publishing', 'unconfirmed', 'withdrawn', 'approved'],
  stopped: [
    'approved',
    'scheduled',
    'withdrawn',
    'draft',
    'in_review',
    'blocked',
    'publishing',
    'unconfirmed',
    'failed',
    'retracted',
  ],
  expired: ['draft', 'in_review', 'blocked', 'withdrawn', 'approved'],
  withdrawn: ['draft'],
  retracted: [],
}

/** States in which the author may still write a new revision. */
export const editableStatuses: readonly PostStatus[] = [
  'draft',
  'blocked',
  'in_review',
  'changes_requested',
  'rejected',
  'approved',
  'scheduled',
  'stopped',
  'failed',
  'expired',
  'withdrawn',
]

/** States from which the author may withdraw: nothing has left yet. */
export const withdrawableStatuses: readonly PostStatus[] = postStatuses.filter((from) =>
  postMoves[from].includes('withdrawn'),
)
