import time, sys
sys.path.insert(0,'.')
import numpy as np, torch
torch.set_num_threads(1)
def candidates(num, num_classes, seed=0):
    rng=np.random.default_rng(seed)
    duration=600.
    ni=3*num_classes+12
    cs=rng.uniform(0,duration,ni); ls=np.exp(rng.normal(1.5,.8,ni)); cl=rng.integers(0,num_classes,ni)
    w=rng.integers(0,ni,num)
    near=rng.uniform(size=num)<.7
    jit=np.where(near,.15,1.)
    start=cs[w]-ls[w]/2+rng.normal(size=num)*jit*ls[w]
    length=ls[w]*np.exp(rng.normal(size=num)*jit)
    labels=np.where(rng.uniform(size=num)<.6,cl[w],rng.integers(0,num_classes,num))
    logit=np.where((labels==cl[w])&near,-2.5,-4.5)+rng.normal(size=num)*1.5
    scores=1/(1+np.exp(-logit)); scores=np.maximum(scores,.001+1e-4*rng.uniform(size=num))
    seg=np.stack([start,start+length],1)
    return torch.tensor(seg,dtype=torch.float32),torch.tensor(scores,dtype=torch.float32),torch.tensor(labels)
if __name__=="__main__":
    from mmtal.ops.nms_builtin import select
    t=time.perf_counter(); 
    s,c,l=candidates(100,3); select(s,c,l,method='gaussian',tiou_thr=.1,sigma=.5,min_score=.001,max_picks=10)
    print('first',time.perf_counter()-t)
    try: from mmcv.ops import soft_nms
    except ImportError: soft_nms=None
    for n,k,m in ((12000,20,200),(12000,1,200),(20000,97,2000)):
        s,c,l=candidates(n,k)
        ts=[]
        for _ in range(20):
            t=time.perf_counter()
            i,sc=select(s,c,l,method='gaussian',tiou_thr=.1,sigma=.5,min_score=.001,max_picks=m)
            ts.append(time.perf_counter()-t)
        print(n,k,m,len(sc),np.median(ts)*1e3,min(ts)*1e3, sc[0],sc[-1], np.percentile(c,[10,50,90]))
        if soft_nms:
            boxes=torch.stack([s[:,0],torch.zeros(n),s[:,1],torch.ones(n)],1)
            ts=[]
            for _ in range(3):
                t=time.perf_counter()
                out=[]
                for j in torch.unique(l):
                    ii=torch.where(l==j)[0]
                    d,_i=soft_nms(boxes[ii],c[ii],sigma=.5,min_score=.001,method='gaussian')
                    out.append((d[:m],_i[:m]))
                allsc=torch.cat([d[:,4] for d,_ in out]).sort(descending=True)[0][:m]
                ts.append(time.perf_counter()-t)
            print('   mmcv',np.median(ts)*1e3, (allsc-sc).abs().max(), len(allsc),len(torch.cat([d for d,_ in out])))
