import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { CallError } from '#web/api/call.ts'
import { Button } from '#web/ui/Button.tsx'
import { Notice } from '#web/ui/Notice.tsx'
import { Failure } from './states.tsx'
import { TableWrap } from './TableWrap.tsx'

interface Place {
  readonly file: string
  readonly line: number | undefined
  readonly rule: string | undefined
}

/** Every mistake of a draft, with its file, line and rule; any other refusal as it is. */
export function PolicyProblems({ error, onShow }: { error: unknown; onShow: (file: string, line: number) => void }) {
  const { t } = useLingui()
  if (!(error instanceof CallError) || error.code !== 'policy_invalid' || error.problems.length === 0)
    return <Failure error={error} />
  return (
    <>
      <Notice
        tone="block"
        title={<Plural value={error.problems.length} one="# thing to mend" other="# things to mend" />}
      >
        <Trans>Nothing was written; the running version stays.</Trans>
      </Notice>
      <TableWrap label={t`What to mend`}>
        <table>
          <thead>
            <tr>
              <th>{t`File and line`}</th>
              <th>{t`Rule`}</th>
              <th>{t`What to mend`}</th>
            </tr>
          </thead>
          <tbody>
            {error.problems.map(({ field, message }) => {
              const { file, line, rule } = readPlace(field)
              return (
                <tr key={`${field} ${message}`}>
                  <td>
                    <code>
                      {file}
                      {line !== undefined && `:${line}`}
                    </code>
                    {line !== undefined && (
                      <div>
                        <Button small kind="plain" onClick={() => onShow(file, line)}>
                          <Trans>Show line {line}</Trans>
                        </Button>
                      </div>
                    )}
                  </td>
                  <td>{rule === undefined ? '–' : <code>{rule}</code>}</td>
                  <td>{message}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </TableWrap>
    </>
  )
}

/** `file:line rule`, as the server names a place. */
function readPlace(field: string): Place {
  const match = /^(.*?):(\d+)(?: (.*))?$/.exec(field)
  return { file: match?.[1] ?? field, line: match === null ? undefined : Number(match[2]), rule: match?.[3] }
}
