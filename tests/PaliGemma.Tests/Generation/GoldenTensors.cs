using PaliGemma.Checkpoints;

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

    public void Dispose() => _file.Dispose();
}
