import { useLingui } from '@lingui/react/macro'
import { permissions } from '#shared/permissions.ts'
import { Notice } from '#web/ui/Notice.tsx'
import { roleWords } from '#web/util/role-words.ts'
import type { Section } from '#web/util/sections.ts'
import { PageHead } from './PageHead.tsx'

/** A part of the console that none of the person's roles opens: it says which ones do. The server is not asked. */
export function Forbidden({ section }: { section: Section }) {
  const { t, i18n } = useLingui()
  const roles = new Intl.ListFormat(i18n.locale, { type: 'disjunction' }).format(
    permissions[section.permission].map((role) => i18n._(roleWords[role])),
  )
  return (
    <>
      <PageHead title={i18n._(section.label)} />
      <Notice tone="hold" title={t`You may not see this`}>
        {t`This part is for whoever holds one of these roles: ${roles}. Ask your administrator.`}
      </Notice>
    </>
  )
}
