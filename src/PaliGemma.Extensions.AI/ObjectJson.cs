using System.Text.Json.Serialization;
using PaliGemma.Tasks;

namespace PaliGemma.Extensions.AI;

/// <summary>Serialises found objects.</summary>
[JsonSerializable(typeof(ObjectRecord[]))]
internal sealed partial class ObjectJson : JsonSerializerContext
{
}
