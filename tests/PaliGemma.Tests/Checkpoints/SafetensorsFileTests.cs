using System.Buffers.Binary;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using PaliGemma.Checkpoints;

namespace PaliGemma.Tests.Checkpoints;

public class SafetensorsFileTests
{
    private const string Good = """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""";

    [Fact]
    public void A_sound_file_is_read()
    {
        using TemporaryFolder folder = new();
        using SafetensorsFile file = SafetensorsFile.Open(folder.Write("x.safetensors", Bytes(Good, 8)));
        Assert.Equal(["a"], file.Names);
        Assert.Equal([2L], file.Get("a").Shape);
        Assert.Contains("has no tensor b", Assert.Throws<ModelFileException>(() => file.Get("b")).Message, StringComparison.Ordinal);
    }

    /// <summary>Headers, the bytes of data behind them, and what the sentence must say.</summary>
    public static TheoryData<string, int, string> Damaged => new()
    {
        // Offsets that lie.
        { Good, 7, "has data_offsets [0, 8]; the file has 7 bytes of data" },
        { Good, 9, "has 1 bytes after its last tensor" },
        { Header("F32", "[2]", "[4,12]"), 12, "leaves a hole before it" },
        { Header("F32", "[2]", "[8,0]"), 8, "has data_offsets [8, 0]" },
        { Header("F32", "[2]", "[-8,0]"), 8, "has data_offsets [-8, 0]" },
        { Header("F32", "[2]", "[0,9223372036854775807]"), 8, "has data_offsets [0, 9223372036854775807]" },
        { Header("F32", "[2]", "[0,18446744073709551616]"), 8, "is not a JSON object of tensors" },
        { """{"a":{"dtype":"U8","shape":[6],"data_offsets":[0,6]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}""", 8, "b overlaps" },
        { """{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}""", 8, "overlaps" },
        { """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[6,8]}}""", 8, "b leaves a hole" },
        // Shapes that lie.
        { Header("F32", "[3]", "[0,8]"), 8, "does not take the 8 bytes" },
        { Header("F32", "[-2]", "[0,8]"), 8, "does not take the 8 bytes" },
        { Header("F32", "[4294967296,4294967296,4294967296]", "[0,8]"), 8, "does not take the 8 bytes" },
        { Header("U8", "[9223372036854775807,2]", "[0,8]"), 8, "does not take the 8 bytes" },
        { Header("F32", "[1,1,1,1,1,1,1,1,2]", "[0,8]"), 8, "is not a JSON object of tensors" },
        { Header("F32", "[2.5]", "[0,8]"), 8, "is not a JSON object of tensors" },
        { Header("F32", "2", "[0,8]"), 8, "is not a JSON object of tensors" },
        { Header("F32", "[2]", "[0,4,8]"), 8, "is not a JSON object of tensors" },
        { Header("F32", "[2]", "[0]"), 8, "lacks dtype, shape or data_offsets" },
        { """{"a":{"dtype":7,"shape":[2],"data_offsets":[0,8]}}""", 8, "is not a JSON object of tensors" },
        { """{"a":{"dtype":null,"shape":[2],"data_offsets":[0,8]}}""", 8, "lacks dtype, shape or data_offsets" },
        { """{"a":{"shape":[2],"data_offsets":[0,8]}}""", 8, "lacks dtype, shape or data_offsets" },
        // Keys that are there twice.
        { """{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}""", 8, "tensor a twice" },
        { """{"a":{"dtype":"F32","dtype":"U8","shape":[2],"data_offsets":[0,8]}}""", 8, "is not a JSON object of tensors" },
        { """{"__metadata__":{},"__metadata__":{},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "is not a JSON object" },
        // What is not such an object at all.
        { "", 0, "is not a JSON object of tensors" },
        { "[]", 0, "is not a JSON object of tensors" },
        { "null", 0, "is not a JSON object of tensors" },
        { """{"a":[]}""", 0, "is not a JSON object of tensors" },
        { """{"a":{}""", 0, "lacks dtype, shape or data_offsets" },
        { """{"a":{""", 0, "is not a JSON object of tensors" },
        { Good + Good, 8, "is not a JSON object of tensors" },
        { """{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "is not a JSON object of tensors" },
        { $$$"""{"{{{new string('n', 5000)}}}":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "is not a JSON object of tensors" },
        { $$$"""{"a":{"x":{{{new string('[', 10000)}}}{{{new string(']', 10000)}}},"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "is not a JSON" },
        { new string('[', 100_000), 0, "is not a JSON object of tensors" },
        { string.Concat(Enumerable.Repeat("""{"a":""", 100_000)), 0, "is not a JSON object of tensors" },
    };

    [Theory]
    [MemberData(nameof(Damaged))]
    public void A_damaged_header_is_refused_with_one_sentence(string header, int dataLength, string expected) =>
        AssertRefused(Bytes(header, dataLength), expected);

    [Theory]
    [InlineData(0, "is 0 bytes long")]
    [InlineData(7, "is 7 bytes long")]
    [InlineData(8, "is not a JSON object of tensors")]
    [InlineData(40, "the header claims")]
    public void A_truncated_file_is_refused(int length, string expected) =>
        AssertRefused(length == 8 ? new byte[8] : Bytes(Good, 8)[..length], expected);

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData(100_000_001)]
    public void A_header_length_that_lies_is_refused_before_memory_is_taken(ulong length)
    {
        byte[] file = Bytes(Good, 8);
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        AssertRefused(file, $"the header claims {length} bytes");
    }

    [Fact]
    public void A_header_of_endless_tensors_is_refused()
    {
        StringBuilder header = new("{");
        for (int i = 0; i < 300_000; i++)
        {
            header.Append(null, $$"""{{(i == 0 ? "" : ",")}}"{{i}}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}""");
        }
        AssertRefused(Bytes(header.Append('}').ToString(), 0), "is not a JSON object of tensors");
    }

    [Fact]
    public void An_element_type_that_is_not_known_is_refused_when_the_tensor_is_asked_for()
    {
        using TemporaryFolder folder = new();
        using SafetensorsFile file = SafetensorsFile.Open(folder.Write("x.safetensors", Bytes(Header("F8_E4M3", "[8]", "[0,8]"), 8)));
        ModelFileException error = Assert.Throws<ModelFileException>(() => file.Get("a"));
        Assert.Contains("the element type F8_E4M3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_refused()
    {
        using TemporaryFolder folder = new();
        foreach (string path in (string[])[folder.File("none"), folder.FullName])
        {
            ModelFileException error = Assert.Throws<ModelFileException>(() => SafetensorsFile.Open(path));
            Assert.Contains($"{path} cannot be read", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_name_cannot_steer_the_terminal()
    {
        using TemporaryFolder folder = new();
        string header = """{"\u001b[2J\n":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""";
        string path = folder.Write("x.safetensors", Bytes(header, 8));
        Assert.DoesNotContain(Assert.Throws<ModelFileException>(() => SafetensorsFile.Open(path)).Message, char.IsControl);
    }

    /// <summary>Whatever bytes are changed or cut off: the file is read, or it is refused with the library's own exception.</summary>
    [Property(MaxTest = 500)]
    public Property Damage_anywhere_is_read_or_refused() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<((ushort Place, byte Value)[] Changes, byte Cut)>(),
            damage =>
            {
                byte[] content = Bytes(
                    """{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[3],"data_offsets":[8,14]}}""", 14);
                foreach ((ushort place, byte value) in damage.Changes)
                {
                    content[place % content.Length] = value;
                }
                using TemporaryFolder folder = new();
                string path = folder.Write("x.safetensors", content.AsSpan(0, content.Length - (damage.Cut % content.Length)));
                try
                {
                    using SafetensorsFile file = SafetensorsFile.Open(path);
                    foreach (string name in file.Names)
                    {
                        StoredTensor tensor = file.Get(name);
                        tensor.Data.Span<byte>(0, (int)tensor.Data.Length).ToArray();
                    }
                }
                catch (ModelFileException error)
                {
                    Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
                }
            });

    private static string Header(string type, string shape, string offsets) =>
        $$$"""{"a":{"dtype":"{{{type}}}","shape":{{{shape}}},"data_offsets":{{{offsets}}}}}""";

    private static byte[] Bytes(string header, int dataLength)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        return [.. BitConverter.GetBytes((ulong)text.Length), .. text, .. new byte[dataLength]];
    }

    private static void AssertRefused(byte[] content, string expected)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("x.safetensors", content);
        ModelFileException error = Assert.Throws<ModelFileException>(() => SafetensorsFile.Open(path));
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
