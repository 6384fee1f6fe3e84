import { useState } from 'react'
import { useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { BodyOf } from '#shared/api/endpoint.ts'
import { createSimulation } from '#shared/api/simulations.ts'
import { call } from '#web/api/call.ts'
import { FormDialog } from '#web/components/FormDialog.tsx'
import { CheckField, SelectField } from '#web/ui/fields.tsx'

type Draft = Pick<BodyOf<typeof createSimulation>, 'version' | 'files' | 'exclusions'>

const day = 86_400_000

interface Props {
  readonly draft: Draft
  /** The page goes on showing how far the run is, so nobody is led to it. */
  readonly stays?: boolean
  readonly onClose: () => void
}

/** Asks over which past a draft is run, and leads to the run. */
export function SimulateDialog({ draft, stays = false, onClose }: Props) {
  const { t } = useLingui()
  const navigate = useNavigate()
  const client = useQueryClient()
  const [days, setDays] = useState('90')
  const [anew, setAnew] = useState(false)
  const simulate = useMutation({
    mutationFn: () =>
      call(createSimulation, {
        body: {
          ...draft,
          anew,
          ...(days === '' ? {} : { from: new Date(Date.now() - Number(days) * day).toISOString() }),
        },
      }),
    onSuccess: async ({ simulationId }) => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ['simulations'] }),
        client.invalidateQueries({ queryKey: ['policies'] }),
      ])
      if (stays) onClose()
      else await navigate({ to: '/policies/simulations/$simulationId', params: { simulationId } })
    },
  })
  return (
    <FormDialog
      title={t`Simulate over the past`}
      confirm={t`Start the simulation`}
      busy={simulate.isPending}
      ready
      error={simulate.error}
      onClose={onClose}
      onSubmit={() => simulate.mutate()}
    >
      <p>{t`Posts that were handed in are judged again. Nothing changes for anybody.`}</p>
      <SelectField
        label={t`Period`}
        value={days}
        onChange={setDays}
        choices={[
          { value: '30', label: t`The last 30 days` },
          { value: '90', label: t`The last 90 days` },
          { value: '365', label: t`The last year` },
          { value: '', label: t`Everything` },
        ]}
      />
      <CheckField
        label={t`Judge every post anew`}
        hint={t`Else posts that no changed rule can touch keep their verdict: the same is found, and sooner.`}
        checked={anew}
        onChange={setAnew}
      />
    </FormDialog>
  )
}
