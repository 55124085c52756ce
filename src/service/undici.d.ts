/** undici publishes no types for its parts; a part loads in half the time of the whole. */
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici';
  export default Pool;
}
