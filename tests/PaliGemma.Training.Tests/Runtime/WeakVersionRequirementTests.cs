using System.Buffers.Binary;
using System.Text;
using FsCheck.Xunit;
using PaliGemma.Training.Runtime;

namespace PaliGemma.Training.Tests.Runtime;

public class WeakVersionRequirementTests
{
    private const int FlagsOfSecond = 64 + 16 + 16 + 4;

    [Fact]
    public void Only_the_named_version_becomes_weak()
    {
        byte[] library = Library();
        byte[] before = [.. library];
        Assert.True(WeakVersionRequirement.Apply(library, "GLIBCXX_2"));
        Assert.Equal(2, library[FlagsOfSecond]);
        library[FlagsOfSecond] = 0;
        Assert.Equal(before, library);
    }

    [Theory]
    [InlineData("GLIBCXX_3")]
    [InlineData("GLIBCXX_")]
    [InlineData("GLIBCXX_22")]
    public void A_version_that_is_not_required_is_not_found(string version)
    {
        byte[] library = Library();
        byte[] before = [.. library];
        Assert.False(WeakVersionRequirement.Apply(library, version));
        Assert.Equal(before, library);
    }

    [Property(MaxTest = 2000)]
    public void Damaged_libraries_are_left_or_patched_but_never_trip_it(int position, byte value, int length)
    {
        byte[] library = Library();
        library[(int)((uint)position % library.Length)] = value;
        _ = WeakVersionRequirement.Apply(library.AsSpan(0, (int)((uint)length % (library.Length + 1))), "GLIBCXX_2");
    }

    /// <summary>A header, one library that is needed in two versions, their names, and a table of two sections.</summary>
    private static byte[] Library()
    {
        byte[] names = Encoding.ASCII.GetBytes("\0GLIBCXX_1\0GLIBCXX_2\0");
        byte[] library = new byte[64 + 48 + 24 + 128];
        "\u007FELF\u0002\u0001"u8.CopyTo(library);
        int sections = 64 + 48 + 24;
        BinaryPrimitives.WriteUInt64LittleEndian(library.AsSpan(0x28), (ulong)sections);
        BinaryPrimitives.WriteUInt16LittleEndian(library.AsSpan(0x3A), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(library.AsSpan(0x3C), 2);
        Span<byte> need = library.AsSpan(64);
        BinaryPrimitives.WriteUInt32LittleEndian(need[8..], 16);
        BinaryPrimitives.WriteUInt32LittleEndian(need[(16 + 8)..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(need[(16 + 12)..], 16);
        BinaryPrimitives.WriteUInt32LittleEndian(need[(32 + 8)..], 11);
        names.CopyTo(library, 64 + 48);
        Section(library.AsSpan(sections), type: 0x6FFFFFFE, offset: 64, size: 48, link: 1);
        Section(library.AsSpan(sections + 64), type: 3, offset: 64 + 48, size: names.Length, link: 0);
        return library;
    }

    private static void Section(Span<byte> section, uint type, int offset, int size, uint link)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(section[4..], type);
        BinaryPrimitives.WriteUInt64LittleEndian(section[0x18..], (ulong)offset);
        BinaryPrimitives.WriteUInt64LittleEndian(section[0x20..], (ulong)size);
        BinaryPrimitives.WriteUInt32LittleEndian(section[0x28..], link);
    }
}
