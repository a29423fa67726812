import { startPostgres, startMariadb } from '@sluice/test-servers';
import { kyselySink } from '@sluice/kysely';
import { Kysely, PostgresDialect, MysqlDialect, sql } from 'kysely';
import pg from 'pg'; import mysql from 'mysql2';
const what = process.argv[2] ?? 'pg'; const only = process.argv[3];
const ROWS=1000, BATCHES=24, CONC=Number(process.argv[4]??4);
const server = what==='pg' ? await startPostgres({fsync: process.argv[5]??'on'} as never) : await startMariadb();
const pool = what==='pg' ? new pg.Pool({ connectionString: server.url, max: 8 }) : mysql.createPool({uri: server.url, connectionLimit: 8});
const times: Record<string, number[]> = {}; const db = new Kysely<any>({ log: (e)=>{ const k=e.query.sql.trim().replace(/\s+/g,' ').slice(0,60); (times[k]??=[]).push(e.queryDurationMillis); }, dialect: what==='pg'? new PostgresDialect({ pool }) : new MysqlDialect({ pool }) });
await sql.raw(what==='pg' ? 'create table page (path text primary key, views bigint not null default 0)' : 'create table page (path varchar(100) character set utf8mb4 collate utf8mb4_bin primary key, views bigint not null default 0)').execute(db);
const sink = kyselySink({ db, models: { Page: { table: 'page', keys: ['path'], columns: ['views'] } } });
await sink.migrate(); await sink.validate();
const context = { signal: new AbortController().signal, leaseMs: 30000, ageMs: 0, logger: console } as never;
let seq=0;
const batch=(rows: any[], partition: number)=>({ id: `b${seq++}`, partition, attempt: 1, entries: rows.map(r=>({ model:'Page', filters:{path:r.path}, columns:{views:r.views}, extra:{}, signalOnly:false, firstAt:new Date() })) });
const timed=async(k:string,f:()=>Promise<any>)=>{const t=performance.now(); const r=await f(); (times[k]??=[]).push(performance.now()-t); return r;}; const raw0= what==='pg' ? (rows:any[])=>pool.query(`INSERT INTO page (path, views) SELECT path, views FROM json_populate_recordset(null::page, $1) ON CONFLICT (path) DO UPDATE SET views = page.views + excluded.views`, [JSON.stringify(rows)])
 : (rows:any[])=>(pool as any).promise().query('insert into page (path, views) values ? on duplicate key update views = views + values(views)', [rows.map(r=>[r.path,r.views])]);
const raw=(rows:any[])=>timed('RAW',()=>raw0(rows)); const many=async(f:(i:number)=>Promise<unknown>)=>{ let i=0; await Promise.all(Array.from({length:CONC},async()=>{ while(i<BATCHES) await f(i++); })); };
const rowsOf=(i:number,gen:string)=>Array.from({length:ROWS},(_,k)=>({path:`/${gen}/${((k*7919+i*104729)%100003)}/page-${i}-${k}`,views:1+k%5}));
const shuffled=(a:any[])=>a.map(x=>[Math.random(),x]).sort((a:any,b:any)=>a[0]-b[0]).map(x=>x[1]);
const res: Record<string, number[]> = {};
for (let round=0; round<6; round++) for (const who of round%2?['raw','sink']:['sink','raw']) {
  if (only && who!==only) continue;
  const gen=`${who}${round}`; const data=Array.from({length:BATCHES},(_,i)=>shuffled(rowsOf(i,gen)));
  const run = who==='raw' ? (i:number)=>raw(data[i]) : async (i:number)=>{ const r=await sink(batch(data[i],i%8) as never, context); if (r && r.rejected.length) throw new Error('rejected'); };
  await sql.raw('truncate table page').execute(db); if(what==='pg') await sql.raw('vacuum analyze page').execute(db).catch(()=>{});
  let t=performance.now(); await many(run); (res[who+' new']??=[]).push(BATCHES*ROWS/(performance.now()-t)*1000);
  if(what==='pg') await sql.raw('vacuum analyze page').execute(db).catch(()=>{});
  t=performance.now(); await many(run); (res[who+' old']??=[]).push(BATCHES*ROWS/(performance.now()-t)*1000);
}
const med=(a:number[])=>[...a].sort((x,y)=>x-y)[a.length>>1]!;
for (const [k,v] of Object.entries(res)) console.log(k.padEnd(10), Math.round(med(v)).toLocaleString(), 'rows/s  best', Math.round(Math.max(...v)));
if(!only) for (const k of ['new','old']) console.log(k, 'ratio', (med(res['sink '+k]!)/med(res['raw '+k]!)).toFixed(3));
for (const [k,v] of Object.entries(times)) if(v.length>5) console.log(k.padEnd(62), v.length, 'med', [...v].sort((a,b)=>a-b)[v.length>>1]!.toFixed(2), 'ms');
await db.destroy(); await server.stop();
