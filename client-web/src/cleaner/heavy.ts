/** Says that the late part has started. */
export const started = true;
