import sys, torch
from torch import nn
import numpy as np
v=sys.argv[1]
torch.manual_seed(1)
class Conv(nn.Module):
    def __init__(s):
        super().__init__(); s.c=nn.Conv2d(1,4,3,padding=1); s.b=nn.BatchNorm2d(4); s.l=nn.Linear(4*36,10)
        s.register_buffer('scale', torch.tensor([0.5]))
    def forward(s,x):
        x=torch.relu(s.b(s.c(x)))*s.scale
        x=nn.functional.max_pool2d(x,2)
        return torch.softmax(s.l(x.flatten(1)),-1)
class Perceptron(nn.Module):
    def __init__(s):
        super().__init__(); s.a=nn.Linear(6,8); s.n=nn.LayerNorm(8); s.e=nn.Linear(8,3)
    def forward(s,x): return {'logits': s.e(nn.functional.gelu(s.n(s.a(x))))}
# What the fixtures of older layouts were made with; run by a PyTorch of that version: generate.py 2.5.1
for name,m,x,dims in [('conv',Conv(),torch.rand(2,1,12,12),True),('perceptron',Perceptron(),torch.rand(3,6),True),('fixed',Perceptron(),torch.rand(3,6),False)]:
    m.eval()
    ds=({0:torch.export.Dim('batch')},) if dims else None
    p=torch.export.export(m,(x,),dynamic_shapes=ds)
    torch.export.save(p,f'{name}-{v}.pt2')
    if name!='fixed':
        try: torch.export.save(p.run_decompositions(),f'{name}-{v}-core.pt2')
        except Exception as e: print(name,e)
    y=m(x); y=y['logits'] if isinstance(y,dict) else y
    np.savez(f'{name}-{v}.npz',**{'in.0':x.numpy(),'out.0':y.detach().numpy()})
print('made',v)
