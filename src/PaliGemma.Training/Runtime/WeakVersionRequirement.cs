using System.Buffers.Binary;
using System.Text;

namespace PaliGemma.Training.Runtime;

/// <summary>
/// Makes a version that a shared library of 64-bit Linux requires of another one optional, in memory (System V ABI, "Symbol Versioning" of the Linux Standard
/// Base: <c>Elfxx_Verneed</c> and <c>Elfxx_Vernaux</c>). The loader then takes the library where that version is missing, which is safe if no symbol of that
/// version is bound.
/// </summary>
internal static class WeakVersionRequirement
{
    private const uint VersionNeedSection = 0x6FFFFFFE; // SHT_GNU_verneed
    private const ushort Weak = 2; // VER_FLG_WEAK

    /// <summary>Sets the flag on every requirement of <paramref name="version"/>.</summary>
    /// <returns>Whether there was one; a file that is not understood has none and is left as it is.</returns>
    public static bool Apply(Span<byte> library, string version)
    {
        try
        {
            return library.StartsWith("\u007FELF\u0002\u0001"u8) && Patch(library, Encoding.ASCII.GetBytes(version));
        }
        catch (ArgumentOutOfRangeException)
        {
            return false; // Something points outside the file.
        }
    }

    private static bool Patch(Span<byte> library, ReadOnlySpan<byte> version)
    {
        int sections = (int)UInt64(library, 0x28);
        int sectionSize = UInt16(library, 0x3A);
        int sectionCount = UInt16(library, 0x3C);
        bool found = false;
        for (int i = 0; i < sectionCount; i++)
        {
            ReadOnlySpan<byte> section = library[(sections + (i * sectionSize))..];
            if (UInt32(section, 4) != VersionNeedSection)
            {
                continue;
            }
            ReadOnlySpan<byte> linked = library[(sections + ((int)UInt32(section, 0x28) * sectionSize))..];
            ReadOnlySpan<byte> names = library.Slice((int)UInt64(linked, 0x18), (int)UInt64(linked, 0x20));
            found |= PatchNeeds(library.Slice((int)UInt64(section, 0x18), (int)UInt64(section, 0x20)), names, version);
        }
        return found;
    }

    /// <summary>Walks the libraries that are needed and, for each, the versions; a list ends at an offset of 0.</summary>
    private static bool PatchNeeds(Span<byte> needs, ReadOnlySpan<byte> names, ReadOnlySpan<byte> version)
    {
        bool found = false;
        for (int need = 0, next = 1; next > 0; need += next)
        {
            int entry = need + (int)UInt32(needs, need + 8);
            for (int nextEntry = 1; nextEntry > 0; entry += nextEntry)
            {
                ReadOnlySpan<byte> name = names[(int)UInt32(needs, entry + 8)..];
                if (name[..Math.Max(0, name.IndexOf((byte)0))].SequenceEqual(version))
                {
                    ushort flags = UInt16(needs, entry + 4);
                    BinaryPrimitives.WriteUInt16LittleEndian(needs[(entry + 4)..], (ushort)(flags | Weak));
                    found = true;
                }
                nextEntry = (int)UInt32(needs, entry + 12);
            }
            next = (int)UInt32(needs, need + 12);
        }
        return found;
    }

    private static ushort UInt16(ReadOnlySpan<byte> data, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(data[offset..]);

    private static uint UInt32(ReadOnlySpan<byte> data, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(data[offset..]);

    private static ulong UInt64(ReadOnlySpan<byte> data, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(data[offset..]);
}
