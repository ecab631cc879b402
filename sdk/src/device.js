/** The visitor's kind of device. Part of the second file. */

/** 1 mobile, 2 desktop, 3 tablet. @param {Pick<Navigator, 'userAgent' | 'maxTouchPoints'>} navigator */
export function typeDeviceOf({userAgent, maxTouchPoints}) {
  if (/iPad|Android(?!.*Mobi)/i.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1)) return 3;
  return /Mobi/i.test(userAgent) ? 1 : 2;
}
