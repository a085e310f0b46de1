using Microsoft.AspNetCore.Http;
using PaliGemma.Server.Errors;

namespace PaliGemma.Server;

/// <summary>The models of a server, the one for requests that name none in front.</summary>
internal sealed class ModelCatalog(IReadOnlyList<ServedModel> models)
{
    public IReadOnlyList<ServedModel> Models => models;

    /// <exception cref="RequestException">There is no such model.</exception>
    public ServedModel Find(string? name) => name is null
        ? models[0]
        : models.FirstOrDefault(model => model.Name == name) ?? throw new RequestException(
            StatusCodes.Status404NotFound,
            $"There is no model '{name}'; there is {string.Join(", ", models.Select(model => $"'{model.Name}'"))}.",
            "model")
        { Code = "model_not_found" };
}
