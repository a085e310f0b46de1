using PaliGemma.Checkpoints;
using PaliGemma.Imaging;

namespace PaliGemma.Tests.Generation;

/// <summary>The tensors of one golden file, converted to what tests compare.</summary>
internal sealed class GoldenTensors : IDisposable
{
    private readonly SafetensorsFile _file;

    public GoldenTensors(params ReadOnlySpan<string> path) => _file = SafetensorsFile.Open(Goldens.Path(path));

    public int[] Shape(string name) => [.. _file.Get(name).Shape.Select(extent => (int)extent)];

    public float[] Floats(string name)
    {
        StoredTensor tensor = _file.Get(name);
        float[] values = new float[tensor.Data.Length / ElementConversion.Size(tensor.Type)];
        ElementConversion.ToFloat32(tensor.Type, tensor.Data, 0, values);
        return values;
    }

    public int[] Ids(string name)
    {
        StoredTensor tensor = _file.Get(name);
        Assert.Equal(ElementType.Int64, tensor.Type);
        return [.. tensor.Data.Span<long>(0, (int)(tensor.Data.Length / sizeof(long))).ToArray().Select(id => (int)id)];
    }

    /// <summary>Bytes [height, width, 3] as a picture.</summary>
    public RgbImage Image(string name)
    {
        int[] shape = Shape(name);
        return new RgbImage(shape[1], shape[0], _file.Get(name).Data.Span<byte>(0, shape[0] * shape[1] * 3).ToArray());
    }

    public void Dispose() => _file.Dispose();
}
