using System.Text;
using PaliGemma.Checkpoints;
using PaliGemma.Kernels.Formats;
using PaliGemma.Layers;
using PaliGemma.Quantization;

namespace PaliGemma.Tests.Quantization;

/// <summary>Quantised matrices whose parts do not fit together are refused in a sentence that names the tensor.</summary>
public class QuantizedTensorsTests
{
    private const string Name = "layer.weight";
    private const int Rows = 4;
    private const int Columns = 48;

    private const string State = "{\"quant_type\": \"nf4\", \"blocksize\": 64, \"dtype\": \"float16\", \"shape\": [4, 48]}";

    private static readonly float[] Map = Nf4Matrix.Values.ToArray();

    [Fact]
    public void A_matrix_in_four_bits_is_read()
    {
        QuantizedWeight? weight = Read(Nf4(State, Map, codes: 96, blocks: 3));
        Assert.NotNull(weight);
        Assert.Equal(WeightFormat.Nf4, weight.Format);
        Assert.Equal(64, weight.BlockSize);
    }

    [Fact]
    public void A_matrix_without_scales_is_not_a_quantised_one() => Assert.Null(Read([Tensor(Name, ElementType.UInt8, [96])]));

    [Theory]
    [InlineData("not JSON", "JSON")]
    [InlineData("[]", "expected an object")]
    [InlineData("{}", "shape")]
    [InlineData("{\"shape\": 5}", "shape")]
    [InlineData("{\"shape\": [48, 4]}", "shape")]
    [InlineData("{\"shape\": [4, 4.5]}", "shape")]
    [InlineData("{\"quant_type\": \"fp4\", \"shape\": [4, 48]}", "quant_type")]
    [InlineData("{\"blocksize\": 0, \"shape\": [4, 48]}", "blocksize")]
    [InlineData("{\"blocksize\": 63, \"shape\": [4, 48]}", "blocksize")]
    [InlineData("{\"blocksize\": 32, \"shape\": [4, 48]}", "absmax")]
    [InlineData("{\"blocksize\": 64, \"shape\": [4, 48], \"nested_offset\": \"1\"}", "nested_offset")]
    [InlineData("{\"blocksize\": 64, \"shape\": [4, 48], \"nested_offset\": 1e999}", "nested_offset")]
    [InlineData("{\"blocksize\": 64, \"shape\": [4, 48], \"nested_offset\": 0.5, \"nested_blocksize\": 0}", "nested_blocksize")]
    [InlineData("{\"blocksize\": 64, \"shape\": [4, 48], \"nested_offset\": 0.5}", "absmax")]
    public void A_damaged_state_is_refused(string state, string named) => AssertRefused(Nf4(state, Map, codes: 96, blocks: 3), named);

    [Fact]
    public void Parts_of_other_sizes_are_refused()
    {
        AssertRefused(Nf4(State, Map, codes: 95, blocks: 3), Name);
        AssertRefused(Nf4(State, Map, codes: 96, blocks: 2), ".absmax");
        AssertRefused(Nf4(State, Map[..15], codes: 96, blocks: 3), ".quant_map");
        AssertRefused(Nf4(State, [.. Map.Reverse()], codes: 96, blocks: 3), ".quant_map");
        AssertRefused(Nf4(State, [.. Map[..15], float.NaN], codes: 96, blocks: 3), ".quant_map");
        AssertRefused([.. Nf4(State, Map, codes: 96, blocks: 3).Where(part => !part.Declaration.Name.EndsWith(".absmax", StringComparison.Ordinal))], ".absmax");
        AssertRefused([.. Nf4(State, Map, codes: 96, blocks: 3).Where(part => part.Declaration.Name != Name)], Name);
    }

    [Fact]
    public void Eight_bits_need_their_scales_and_rows_in_order()
    {
        (TensorDeclaration, byte[]) codes = Tensor(Name, ElementType.Int8, [Rows, Columns]);
        (TensorDeclaration, byte[]) scales = Tensor("layer.SCB", ElementType.Float32, [Rows]);
        Assert.Equal(WeightFormat.Int8, Read([codes, scales])?.Format);
        Assert.Equal(WeightFormat.Int8, Read([codes, scales, Tensor("layer.weight_format", ElementType.UInt8, [])])?.Format);
        AssertRefused([codes, scales, (new TensorDeclaration("layer.weight_format", ElementType.UInt8, []), [2])], "weight_format");
        AssertRefused([codes, Tensor("layer.SCB", ElementType.Float32, [Rows + 1])], "layer.SCB");
        AssertRefused([codes, Tensor("layer.SCB", ElementType.Float16, [Rows])], "layer.SCB");
        AssertRefused([Tensor(Name, ElementType.UInt8, [Rows, Columns]), scales], Name);
        AssertRefused([Tensor(Name, ElementType.Int8, [Rows, Columns - 1]), scales], Name);
    }

    [Fact]
    public void Int4_rows_are_whole_blocks()
    {
        (TensorDeclaration, byte[]) scales = Tensor(Name + ".int4_scales", ElementType.BFloat16, [Rows, 2]);
        Assert.Equal(WeightFormat.Int4, Read([Tensor(Name, ElementType.UInt8, [Rows, 32]), scales])?.Format);
        AssertRefused([Tensor(Name, ElementType.UInt8, [Rows, 24]), scales], Name);
    }

    private static List<(TensorDeclaration Declaration, byte[] Data)> Nf4(string state, float[] map, int codes, int blocks) =>
    [
        Tensor(Name, ElementType.UInt8, [codes, 1]),
        Tensor(Name + ".absmax", ElementType.Float32, [blocks]),
        (new TensorDeclaration(Name + ".quant_map", ElementType.Float32, [map.Length]), [.. map.SelectMany(BitConverter.GetBytes)]),
        (new TensorDeclaration(Name + ".quant_state.bitsandbytes__nf4", ElementType.UInt8, [Encoding.UTF8.GetByteCount(state)]), Encoding.UTF8.GetBytes(state)),
    ];

    private static (TensorDeclaration Declaration, byte[] Data) Tensor(string name, ElementType type, long[] shape)
    {
        TensorDeclaration declaration = new(name, type, shape);
        return (declaration, new byte[declaration.ByteLength]);
    }

    private static QuantizedWeight? Read(List<(TensorDeclaration Declaration, byte[] Data)> parts)
    {
        using TemporaryFolder folder = new();
        using (SafetensorsWriter writer = new(Path.Combine(folder.FullName, "model.safetensors"), [.. parts.Select(part => part.Declaration)]))
        {
            foreach ((TensorDeclaration declaration, byte[] data) in parts)
            {
                writer.Write(declaration.Name, 0, data);
            }
            writer.Commit();
        }
        using Checkpoint checkpoint = Checkpoint.Open(folder.FullName);
        return QuantizedTensors.Read(checkpoint, Name, Rows, Columns);
    }

    private static void AssertRefused(List<(TensorDeclaration Declaration, byte[] Data)> parts, string named)
    {
        ModelFileException error = Assert.Throws<ModelFileException>(() => Read(parts));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
