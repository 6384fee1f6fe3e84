import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { currentShortcuts, shortcutsAreOn, switchShortcuts, useKeys, type Shortcut } from '#web/util/keys.ts'
import { Button } from '#web/ui/Button.tsx'
import { Dialog } from '#web/ui/Dialog.tsx'
import { CheckField } from '#web/ui/fields.tsx'

/** The sheet of shortcuts, made from the registry, with the switch that WCAG 2.1.4 asks for. */
export function Help() {
  const { t, i18n } = useLingui()
  const [shown, setShown] = useState<Shortcut[]>()
  const [on, setOn] = useState(shortcutsAreOn)
  const open = () => setShown(currentShortcuts())
  useKeys([{ keys: '?', label: t`This sheet`, run: open }])
  return (
    <>
      <Button small kind="plain" onClick={open}>
        <Trans>Shortcuts</Trans>
      </Button>
      <Dialog open={shown !== undefined} title={t`Keyboard shortcuts`} onClose={() => setShown(undefined)}>
        <CheckField
          label={<Trans>Single-letter shortcuts are on</Trans>}
          checked={on}
          onChange={(checked) => {
            switchShortcuts(checked)
            setOn(checked)
          }}
        />
        <dl className="shortcuts">
          {(shown ?? []).map((shortcut) => (
            <div key={shortcut.keys}>
              <dt>
                {shortcut.keys.split(' ').map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{typeof shortcut.label === 'string' ? shortcut.label : i18n._(shortcut.label)}</dd>
            </div>
          ))}
        </dl>
      </Dialog>
    </>
  )
}
