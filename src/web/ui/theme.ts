import { createTheme, type MantineColorsTuple } from '@mantine/core'

// Slate and harbour blue. Mantine's own greys are too light for text and for the edges of controls (WCAG 1.4.3, 1.4.11).
const slate: MantineColorsTuple = [
  '#f5f7fa',
  '#eef2f7',
  '#e3e9f0',
  '#d6dde6',
  '#76849a',
  '#5d6c80',
  '#48586a',
  '#324153',
  '#1d2733',
  '#14202e',
]
const night: MantineColorsTuple = [
  '#e7edf4',
  '#c8d3df',
  '#a9b7c6',
  '#90a1b3',
  '#76879a',
  '#3b4858',
  '#1d2733',
  '#161e28',
  '#121a23',
  '#0e141b',
]
const harbour: MantineColorsTuple = [
  '#e4eef9',
  '#c6dcf3',
  '#a6c9f1',
  '#8ab8ec',
  '#5c95d6',
  '#3977bd',
  '#2763a6',
  '#1b4f8a',
  '#153f70',
  '#0f2f55',
]

export const theme = createTheme({
  primaryColor: 'harbour',
  primaryShade: { light: 7, dark: 3 },
  colors: { gray: slate, dark: night, harbour },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontSizes: { xs: '12px', sm: '14px', md: '14px', lg: '16px', xl: '20px' },
  defaultRadius: 6,
  respectReducedMotion: true,
})
