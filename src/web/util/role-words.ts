import { msg } from '@lingui/core/macro'
import type { MessageDescriptor } from '@lingui/core'
import type { Role } from '#shared/permissions.ts'

/** The roles as people say them. */
export const roleWords: Record<Role, MessageDescriptor> = {
  author: msg`Author`,
  reviewer: msg`Reviewer`,
  auditor: msg`Auditor`,
  records_officer: msg`Records officer`,
  policy_owner: msg`Policy owner`,
  admin: msg`Administrator`,
}
