using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace PaliGemma.Checkpoints;

/// <summary>
/// The header of a .npy array (numpy/lib/format.py): a magic number, a version, a length, and a Python dictionary such as
/// <c>{'descr': '&lt;f4', 'fortran_order': False, 'shape': (2, 3), }</c>.
/// </summary>
/// <param name="Type">NumPy's name of the element type.</param>
/// <param name="FortranOrder">Whether the first index runs fastest.</param>
/// <param name="Shape">The extents; empty for a scalar.</param>
/// <param name="Length">Bytes before the data.</param>
internal sealed record NpyHeader(string Type, bool FortranOrder, IReadOnlyList<long> Shape, int Length)
{
    /// <summary>Bytes that a header may take: no array needs more, and nothing beyond them is read.</summary>
    public const int Longest = 1 << 16;

    private const int MostDimensions = 8;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>
    /// The element type; null if this library does not know it. Raw elements of two bytes are what NumPy makes of bfloat16.
    /// </summary>
    public ElementType? ElementType => Type switch
    {
        "<f4" => Checkpoints.ElementType.Float32,
        "<f8" => Checkpoints.ElementType.Float64,
        "<f2" => Checkpoints.ElementType.Float16,
        "|V2" or "<V2" or "V2" or "bfloat16" => Checkpoints.ElementType.BFloat16,
        "|u1" => Checkpoints.ElementType.UInt8,
        "|i1" => Checkpoints.ElementType.Int8,
        "<i4" => Checkpoints.ElementType.Int32,
        "<i8" => Checkpoints.ElementType.Int64,
        _ => null,
    };

    /// <summary>Reads the header at the start of an array.</summary>
    /// <param name="start">The array's first bytes: as many as there are, up to <see cref="Longest"/>.</param>
    /// <param name="place">Names the file and the array in messages.</param>
    /// <exception cref="ModelFileException">The bytes are not such a header.</exception>
    public static NpyHeader Parse(ReadOnlySpan<byte> start, string place)
    {
        const int VersionAt = 6;
        const int LengthAt = 8;
        if (start.Length < LengthAt + sizeof(uint) || !start.StartsWith(Magic) || start[VersionAt] is 0 or > 3)
        {
            throw new ModelFileException($"{place} does not start as an .npy array of version 1 to 3 does.");
        }
        bool first = start[VersionAt] == 1;
        int textAt = LengthAt + (first ? sizeof(ushort) : sizeof(uint));
        uint length = first
            ? BinaryPrimitives.ReadUInt16LittleEndian(start[LengthAt..])
            : BinaryPrimitives.ReadUInt32LittleEndian(start[LengthAt..]);
        if (length > start.Length - textAt)
        {
            throw new ModelFileException($"{place}: the header claims {length} bytes; expected at most {start.Length - textAt}.");
        }
        DictionaryReader reader = new(Encoding.UTF8.GetString(start.Slice(textAt, (int)length)), place);
        return reader.Read(textAt + (int)length);
    }

    /// <summary>The bytes of the data; null where the type is unknown or the product of the extents is no length.</summary>
    public long? DataLength => ElementType is ElementType type ? TensorShape.ByteLength(type, Shape) : null;

    /// <summary>Reads the little of Python's syntax that headers are written in.</summary>
    private ref struct DictionaryReader(ReadOnlySpan<char> text, string place)
    {
        private readonly string _place = place;
        private ReadOnlySpan<char> _rest = text;

        public NpyHeader Read(int headerLength)
        {
            string? type = null;
            bool? fortranOrder = null;
            List<long>? shape = null;
            Require('{');
            while (!TryTake('}'))
            {
                string key = ReadText();
                Require(':');
                switch (key)
                {
                    case "descr" when type is null:
                        type = ReadText();
                        break;
                    case "fortran_order" when fortranOrder is null:
                        fortranOrder = ReadFlag();
                        break;
                    case "shape" when shape is null:
                        shape = ReadShape();
                        break;
                    default:
                        throw Wrong();
                }
                if (!TryTake(','))
                {
                    Require('}');
                    break;
                }
            }
            return type is not null && fortranOrder is bool order && shape is not null && _rest.IsWhiteSpace()
                ? new NpyHeader(type, order, shape, headerLength)
                : throw Wrong();
        }

        private string ReadText()
        {
            SkipSpace();
            char quote = _rest is ['\'' or '"', ..] ? _rest[0] : throw Wrong();
            int length = _rest[1..].IndexOf(quote);
            if (length is < 1 or > 32)
            {
                throw Wrong();
            }
            string value = _rest.Slice(1, length).ToString();
            _rest = _rest[(length + 2)..];
            return value;
        }

        private bool ReadFlag()
        {
            SkipSpace();
            bool value = _rest.StartsWith("True");
            if (!value && !_rest.StartsWith("False"))
            {
                throw Wrong();
            }
            _rest = _rest[(value ? 4 : 5)..];
            return value;
        }

        private List<long> ReadShape()
        {
            List<long> shape = [];
            Require('(');
            while (!TryTake(')'))
            {
                SkipSpace();
                int length = _rest.IndexOfAnyExceptInRange('0', '9');
                if (length < 1 || shape.Count == MostDimensions
                    || !long.TryParse(_rest[..length], NumberStyles.None, CultureInfo.InvariantCulture, out long extent))
                {
                    throw Wrong();
                }
                shape.Add(extent);
                _rest = _rest[length..];
                if (!TryTake(','))
                {
                    Require(')');
                    break;
                }
            }
            return shape;
        }

        private void Require(char character)
        {
            if (!TryTake(character))
            {
                throw Wrong();
            }
        }

        private bool TryTake(char character)
        {
            SkipSpace();
            if (_rest.IsEmpty || _rest[0] != character)
            {
                return false;
            }
            _rest = _rest[1..];
            return true;
        }

        private void SkipSpace() => _rest = _rest.TrimStart();

        private readonly ModelFileException Wrong() =>
            new($"{_place}: the header is not a dictionary of descr, fortran_order and shape (of at most {MostDimensions} extents).");
    }
}
