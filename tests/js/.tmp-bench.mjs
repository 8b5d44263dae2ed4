import { extensions, freshPGlite } from "./support/pglite.mjs"
import { readMigrations } from 'counterfoil/node'
import { migrate, snapshot } from 'counterfoil/pglite'
const set = await readMigrations('/work/shared/corpora/openmeter/migrations')
const t=async(l,f)=>{const a=performance.now(),c=process.cpuUsage();const r=await f();const d=process.cpuUsage(c);console.log(l,Math.round(performance.now()-a),'cpu',Math.round((d.user+d.system)/1000));return r}
const db=await t('create',()=>freshPGlite({extensions}))
const r=await t('up',()=>migrate(db,set))
console.log(r.applied.length,r.roundTrips)
await t('snap',()=>snapshot(db))
await t('snap2',()=>snapshot(db))
console.log(typeof db.clone)
const c=await t('clone',()=>db.clone())
await t('snapc',()=>snapshot(c))
