using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using PaliGemma.Checkpoints;

namespace PaliGemma.Tests.Checkpoints;

public class NpzFileTests
{
    private static readonly (string Name, ElementType Type, int Size)[] Types =
    [
        ("<f4", ElementType.Float32, 4), ("<f8", ElementType.Float64, 8), ("<f2", ElementType.Float16, 2), ("|V2", ElementType.BFloat16, 2),
        ("<V2", ElementType.BFloat16, 2), ("bfloat16", ElementType.BFloat16, 2), ("|u1", ElementType.UInt8, 1), ("|i1", ElementType.Int8, 1),
        ("<i4", ElementType.Int32, 4), ("<i8", ElementType.Int64, 8),
    ];

    /// <summary>An archive that NumPy wrote; the sums were taken with Python's own zipfile and struct modules.</summary>
    [Fact]
    public void An_archive_of_NumPy_is_read_as_Python_reads_it()
    {
        using NpzFile file = NpzFile.Open(Goldens.Path("expected", "mask-vae", "expected.npz"));
        Assert.Equal(["encode_masks", "encode_codes", "decode_codes", "decode_masks"], file.Names);
        StoredTensor codes = file.Get("encode_codes");
        Assert.Equal((ElementType.Int64, "8,16"), (codes.Type, string.Join(',', codes.Shape)));
        Assert.Equal(11651, codes.Data.Span<long>(0, 128).ToArray().Sum());
        StoredTensor bytes = file.Get("encode_masks");
        Assert.Equal((ElementType.UInt8, "8,64,64"), (bytes.Type, string.Join(',', bytes.Shape)));
        Assert.Equal(7551, bytes.Data.Span<byte>(0, 32768).ToArray().Sum(value => value));
        StoredTensor masks = file.Get("decode_masks");
        Assert.Equal(7715.03744426791, masks.Data.Span<float>(0, 32768).ToArray().Sum(value => (double)value), 1e-9);
    }

    [Property(MaxTest = 60)]
    public void Arrays_come_back_as_they_were_written(bool deflate, bool zip64, byte[] seed)
    {
        Random random = new(seed.Length);
        NpzWriter writer = new() { Deflate = deflate, Zip64 = zip64 };
        List<(string Name, ElementType Type, long[] Shape, byte[] Data)> written = [];
        for (int i = 0; i < 5; i++)
        {
            (string type, ElementType element, int size) = Types[random.Next(Types.Length)];
            long[] shape = [.. Enumerable.Range(0, random.Next(5)).Select(_ => (long)random.Next(5))];
            byte[] data = new byte[shape.Aggregate(1L, (product, extent) => product * extent) * size];
            random.NextBytes(data);
            // Names of different lengths put the arrays at places that are aligned and places that are not.
            string name = new string('x', random.Next(8)) + "/" + i;
            writer.Add(name, type, shape, data);
            written.Add((name, element, shape, data));
        }
        using TemporaryFolder folder = new();
        using NpzFile file = NpzFile.Open(folder.Write("a.npz", writer.ToArray()));
        Assert.Equal(written.Select(array => array.Name), file.Names);
        foreach ((string name, ElementType type, long[] shape, byte[] data) in written)
        {
            StoredTensor tensor = file.Get(name);
            Assert.Equal(type, tensor.Type);
            Assert.Equal(shape, tensor.Shape);
            Assert.Equal(data, tensor.Data.Span<byte>(0, data.Length).ToArray());
        }
    }

    [Fact]
    public void A_missing_array_is_named()
    {
        using TemporaryFolder folder = new();
        using NpzFile file = NpzFile.Open(folder.Write("a.npz", new NpzWriter().ToArray()));
        Assert.False(file.TryGet("weight", out _));
        Assert.Contains("no array weight", Assert.Throws<ModelFileException>(() => file.Get("weight")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_released_array_can_be_read_again()
    {
        using TemporaryFolder folder = new();
        using NpzFile file = NpzFile.Open(folder.Write("a.npz", new NpzWriter { Deflate = true }.Add("x", "|u1", [3], [7, 8, 9]).ToArray()));
        file.Get("x");
        file.Release("x");
        Assert.Equal([7, 8, 9], file.Get("x").Data.Span<byte>(0, 3).ToArray());
    }

    [Fact]
    public void Layouts_that_are_not_supported_are_refused_when_they_are_asked_for()
    {
        NpzWriter writer = new();
        writer.Write("fortran", NpzWriter.Array("<f4", [2, 2], new byte[16], fortranOrder: true));
        writer.Add("big", ">f4", [1], new byte[4]);
        writer.Add("good", "<f4", [1], new byte[4]);
        using TemporaryFolder folder = new();
        using NpzFile file = NpzFile.Open(folder.Write("a.npz", writer.ToArray()));
        Assert.Contains("Fortran order", Assert.Throws<ModelFileException>(() => file.Get("fortran")).Message, StringComparison.Ordinal);
        Assert.Contains(">f4", Assert.Throws<ModelFileException>(() => file.Get("big")).Message, StringComparison.Ordinal);
        Assert.Equal(ElementType.Float32, file.Get("good").Type);
    }

    public static TheoryData<string, string> DamagedHeaders => new()
    {
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", "does not take the 8 bytes" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4294967296), }", "does not take" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "not a dictionary" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", "not a dictionary" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,2), }", "not a dictionary" },
        { "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", "not a dictionary" },
        { "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "not a dictionary" },
        { "{'descr': '<f4', 'fortran_order': False}", "not a dictionary" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } + exit()", "not a dictionary" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (2,", "not a dictionary" },
        { "((((((((((((((((((((((((((((((((", "not a dictionary" },
        { "", "not a dictionary" },
    };

    [Theory]
    [MemberData(nameof(DamagedHeaders))]
    public void A_damaged_header_is_refused_with_a_sentence(string header, string expected)
    {
        AssertRefused(new NpzWriter().Write("x", NpzWriter.Array(header, new byte[8])), expected);
        AssertRefused(new NpzWriter { Deflate = true }.Write("x", NpzWriter.Array(header, new byte[8], version: 2)), expected);
    }

    [Fact]
    public void An_array_without_NumPys_magic_number_is_refused() =>
        AssertRefused(new NpzWriter().Write("x", new byte[100]), "does not start as an .npy array");

    [Fact]
    public void A_header_longer_than_the_array_is_refused() =>
        AssertRefused(new NpzWriter().Write("x", [0x93, .. "NUMPY"u8, 2, 0, 255, 255, 255, 255, (byte)'{']), "the header claims 4294967295 bytes");

    [Fact]
    public void Two_arrays_of_one_name_are_refused() =>
        AssertRefused(new NpzWriter().Add("x", "|u1", [1], [1]).Add("x", "|u1", [1], [1]), "array x is there twice");

    [Fact]
    public void An_unknown_compression_is_refused() =>
        AssertRefused(new NpzWriter().Write("x", NpzWriter.Array("|u1", [1], [1]), method: 12), "compressed by method 12");

    [Fact]
    public void Stored_bytes_that_claim_to_be_more_are_refused() =>
        AssertRefused(new NpzWriter().Write("x", NpzWriter.Array("|u1", [1], [1]), claimedLength: 1 << 20), "claims to make 1048576 bytes");

    [Fact]
    public void A_claim_beyond_what_deflate_can_do_is_refused_before_memory_is_taken() =>
        AssertRefused(
            new NpzWriter { Deflate = true, Zip64 = true }.Write("x", NpzWriter.Array("|u1", [1L << 40], [1]), claimedLength: (1L << 40) + 128),
            "claims to make 1099511627904 bytes");

    [Fact]
    public void A_bomb_is_refused_before_it_is_inflated()
    {
        byte[] zeros = new byte[40 << 20];
        NpzWriter writer = new() { Deflate = true };
        writer.Add("a", "|u1", [zeros.Length], zeros).Add("b", "|u1", [zeros.Length], zeros);
        AssertRefused(writer, "expected at most 32 times its length");
    }

    [Fact]
    public void Inflated_bytes_with_another_checksum_are_refused() =>
        AssertRefused(
            new NpzWriter { Deflate = true }.Write("x", NpzWriter.Array("|u1", [1], [1]), claimedCrc: 5),
            "do not have the checksum 00000005");

    [Fact]
    public void A_stream_that_ends_early_is_refused() =>
        AssertRefused(
            new NpzWriter { Deflate = true }.Write("x", NpzWriter.Array("|u1", [300], [1, 2]), claimedLength: 128 + 300),
            "does not inflate to the 428 bytes");

    [Theory]
    [InlineData(0)]
    [InlineData(21)]
    [InlineData(22)]
    [InlineData(200)]
    public void A_truncated_archive_is_refused(int length)
    {
        byte[] archive = new NpzWriter().Add("x", "<f4", [64], new byte[256]).ToArray();
        using TemporaryFolder folder = new();
        ModelFileException error = Assert.Throws<ModelFileException>(() => NpzFile.Open(folder.Write("a.npz", archive.AsSpan(0, length))));
        Assert.Contains("truncated", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        using TemporaryFolder folder = new();
        Assert.Contains("a.npz", Assert.Throws<ModelFileException>(() => NpzFile.Open(folder.File("a.npz"))).Message, StringComparison.Ordinal);
    }

    /// <summary>Whatever bytes are changed: the archive is read, or it is refused with the library's own exception.</summary>
    [Property(MaxTest = 300)]
    public Property Damage_anywhere_is_read_or_refused(bool deflate, bool zip64) =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<(ushort Place, byte Value)[]>(),
            damage =>
            {
                byte[] archive = new NpzWriter { Deflate = deflate, Zip64 = zip64 }
                    .Add("a", "<f4", [3, 4], new byte[48]).Add("bb", "|V2", [7], new byte[14]).Add("c/d", "|u1", [5], new byte[5]).ToArray();
                foreach ((ushort place, byte value) in damage)
                {
                    archive[place % archive.Length] = value;
                }
                using TemporaryFolder folder = new();
                string path = folder.Write("a.npz", archive);
                try
                {
                    using NpzFile file = NpzFile.Open(path);
                    foreach (string name in file.Names)
                    {
                        file.Get(name);
                    }
                }
                catch (ModelFileException error)
                {
                    Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
                }
            });

    private static void AssertRefused(NpzWriter writer, string expected)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("a.npz", writer.ToArray());
        ModelFileException error = Assert.Throws<ModelFileException>(() =>
        {
            using NpzFile file = NpzFile.Open(path);
            foreach (string name in file.Names)
            {
                file.Get(name);
            }
        });
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
