# docker build -t paligemma .
# docker run --rm -p 127.0.0.1:8080:8080 paligemma                                                          the small model that is included
# docker run --rm -p 127.0.0.1:8080:8080 -v /path/to/model:/models:ro paligemma --model /models             another one
FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
WORKDIR /source
COPY .editorconfig Directory.Build.props Directory.Packages.props global.json README.md ./
COPY models/ models/
COPY src/ src/
RUN dotnet publish src/PaliGemma.Cli -c Release -o /app --nologo -p:UseAppHost=false

# Chiselled: no shell, no package manager, and a user that is not root.
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
WORKDIR /app
COPY --from=build /app ./
USER $APP_UID
EXPOSE 8080
VOLUME ["/models"]
# Without ICU, which the base image lacks: the program is culture-invariant anyway.
ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=true
# All networks of the container; which of them the host exposes is said when it is run.
ENTRYPOINT ["dotnet", "paligemma.dll", "serve", "--address", "0.0.0.0", "--json-logs"]
