#pragma warning disable
using PaliGemma.Kernels.Formats;
namespace PaliGemma.Kernels.Products {
internal sealed unsafe class DenseProduct<TElement, TStored>(MemoryRegion data, int rows, int columns) where TElement : IElement<TStored> where TStored : unmanaged {
  public long ByteLength => (long)rows * columns * sizeof(TStored);
  float Dot(ReadOnlySpan<float> x, int r) { TStored* w = (TStored*)data.Pointer + (long)r*columns; double s=0; for(int c=0;c<columns;c++) s+=x[c]*TElement.Load(w+c); return (float)s; }
  public void Multiply(ReadOnlySpan<float> x, int tokens, Span<float> y, WorkerPool pool) { for (int t=0;t<tokens;t++) for(int r=0;r<rows;r++) y[t*rows+r]=Dot(x.Slice(t*columns,columns), r); }
  public void MultiplyRows(ReadOnlySpan<float> x, ReadOnlySpan<int> rws, Span<float> y, WorkerPool pool) { for(int i=0;i<rws.Length;i++) y[i]=Dot(x, rws[i]); }
  public void CopyRow(int row, Span<float> d) { TStored* w = (TStored*)data.Pointer + (long)row*columns; for(int c=0;c<columns;c++) d[c]=TElement.Load(w+c); }
}}
namespace PaliGemma.Kernels {
public static class RmsNorm { public static void Apply(ReadOnlySpan<float> x, ReadOnlySpan<float> w, float eps, Span<float> y, WorkerPool p) { int n=w.Length; for(int r=0;r<x.Length/n;r++){ double s=0; for(int i=0;i<n;i++) s+=x[r*n+i]*x[r*n+i]; float k=(float)(1/Math.Sqrt(s/n+eps)); for(int i=0;i<n;i++) y[r*n+i]=x[r*n+i]*k*(1+w[i]); } } }
public static class LayerNorm { public static void Apply(ReadOnlySpan<float> x, ReadOnlySpan<float> w, ReadOnlySpan<float> b, float eps, Span<float> y, WorkerPool p) { int n=w.Length; for(int r=0;r<x.Length/n;r++){ double m=0; for(int i=0;i<n;i++) m+=x[r*n+i]; m/=n; double s=0; for(int i=0;i<n;i++) s+=(x[r*n+i]-m)*(x[r*n+i]-m); double k=1/Math.Sqrt(s/n+eps); for(int i=0;i<n;i++) y[r*n+i]=(float)((x[r*n+i]-m)*k*w[i]+b[i]); } } }
public static class Gelu { static float G(double x)=>(float)(0.5*x*(1+Math.Tanh(Math.Sqrt(2/Math.PI)*(x+0.044715*x*x*x)))); public static void Tanh(Span<float> x, WorkerPool p){ for(int i=0;i<x.Length;i++) x[i]=G(x[i]); } public static void TanhGate(Span<float> g, ReadOnlySpan<float> u, WorkerPool p){ for(int i=0;i<g.Length;i++) g[i]=G(g[i])*u[i]; } }
public static class Residual { public static void Add(Span<float> x, ReadOnlySpan<float> d, WorkerPool p){ for(int i=0;i<x.Length;i++) x[i]+=d[i]; } }
public static class BiasAdd { public static void Apply(Span<float> y, ReadOnlySpan<float> b, WorkerPool p){ for(int i=0;i<y.Length;i++) y[i]+=b[i%b.Length]; } }
public static class Softmax { public static float LogSumExp(ReadOnlySpan<float> x){ float m=float.NegativeInfinity; foreach(float v in x) m=Math.Max(m,v); double s=0; foreach(float v in x) s+=Math.Exp(v-m); return (float)(m+Math.Log(s)); } }
public sealed class RotaryEmbedding(int hd, float theta) { public void Rotate(Span<float> x, int heads, int first, WorkerPool p){ int T=x.Length/(heads*hd); for(int t=0;t<T;t++) for(int h=0;h<heads;h++){ var v=x.Slice((t*heads+h)*hd,hd); for(int i=0;i<hd/2;i++){ float f=MathF.Pow(theta,-2f*i/hd)*(first+t); float c=MathF.Cos(f), s=MathF.Sin(f); float a=v[i], b=v[i+hd/2]; v[i]=a*c-b*s; v[i+hd/2]=b*c+a*s; } } } }
public record struct VisibleRange(int First, int End);
public record struct AttentionShape(int Heads, int KeyValueHeads, int HeadSize, float Scale, float SoftCap);
public static class Attention { public static void Apply(in AttentionShape s, ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, ReadOnlySpan<VisibleRange> vis, Span<float> o, WorkerPool p){ int hd=s.HeadSize, g=s.Heads/s.KeyValueHeads; for(int i=0;i<vis.Length;i++) for(int h=0;h<s.Heads;h++){ int n=vis[i].End-vis[i].First; double[] sc=new double[n]; double m=double.NegativeInfinity; for(int j=0;j<n;j++){ double d=0; for(int c=0;c<hd;c++) d+=q[(i*s.Heads+h)*hd+c]*k[((vis[i].First+j)*s.KeyValueHeads+h/g)*hd+c]; d*=s.Scale; if(s.SoftCap!=0) d=s.SoftCap*Math.Tanh(d/s.SoftCap); sc[j]=d; m=Math.Max(m,d);} double z=0; for(int j=0;j<n;j++){ sc[j]=Math.Exp(sc[j]-m); z+=sc[j]; } for(int c=0;c<hd;c++){ double a=0; for(int j=0;j<n;j++) a+=sc[j]/z*v[((vis[i].First+j)*s.KeyValueHeads+h/g)*hd+c]; o[(i*s.Heads+h)*hd+c]=(float)a; } } } }
}
