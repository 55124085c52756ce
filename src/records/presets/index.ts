// The table of presets.

import { threeCx } from './3cx.js';
import { threeCxCdr } from './3cx-cdr.js';
import { amazonConnect } from './amazon-connect.js';
import { asterisk, asteriskCustom, cdrViewer, freepbx } from './asterisk.js';
import { beeline } from './beeline.js';
import { binotel } from './binotel.js';
import { ciscoCucm } from './cisco-cucm.js';
import { freeswitch } from './freeswitch.js';
import { fusionpbx } from './fusionpbx.js';
import { grandstream } from './grandstream.js';
import { issabel } from './issabel.js';
import { mango } from './mango.js';
import { megapbx } from './megapbx.js';
import { mikopbx } from './mikopbx.js';
import { moizvonki } from './moizvonki.js';
import { onlinepbx } from './onlinepbx.js';
import type { Preset } from './preset.js';
import { ringcentral } from './ringcentral.js';
import { sipuni } from './sipuni.js';
import { twilio } from './twilio.js';
import { uis } from './uis.js';
import { yeastar } from './yeastar.js';
import { zadarma } from './zadarma.js';

/** All phone systems whose files are known, in the order in which they are listed. A new one is one entry here; see preset.ts. */
export const allPresets: readonly Preset[] = [
  freepbx,
  issabel,
  asterisk,
  asteriskCustom,
  cdrViewer,
  grandstream,
  sipuni,
  uis,
  megapbx,
  mango,
  zadarma,
  onlinepbx,
  moizvonki,
  mikopbx,
  yeastar,
  threeCx,
  threeCxCdr,
  freeswitch,
  fusionpbx,
  twilio,
  ringcentral,
  ciscoCucm,
  beeline,
  binotel,
  amazonConnect,
];
