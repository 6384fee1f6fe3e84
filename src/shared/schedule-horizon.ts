/** How far ahead a post may be planned, in days: two years. What was approved earlier than that nobody remembers approving. */
export const scheduleHorizonDays = 731
