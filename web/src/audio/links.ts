/** How S3 answers a link whose time is over: 400 where the role that signed it ended before the link (ExpiredToken). */
export const isRefused = (status: number) => [400, 401, 403, 410].includes(status);
